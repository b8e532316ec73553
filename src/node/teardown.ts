import type { Logger } from '../core/logger.js';

/** What is to be undone, in the reverse of the order it was done in; a failing step does not keep the others. */
export class Teardown {
  private readonly logger: Logger;
  private readonly steps: { readonly name: string; readonly undo: () => Promise<void> }[] = [];
  private running: Promise<void> | undefined;

  constructor(logger: Logger) {
    this.logger = logger;
  }

  add(name: string, undo: () => Promise<void>): void {
    this.steps.push({ name, undo });
  }

  /** Whether the stop has begun. */
  get started(): boolean {
    return this.running !== undefined;
  }

  /** Runs once; later calls wait for the same end. */
  run(): Promise<void> {
    this.running ??= this.undoAll();
    return this.running;
  }

  private async undoAll(): Promise<void> {
    for (const { name, undo } of this.steps.reverse()) {
      await undo().catch((cause: unknown) =>
        this.logger.error({ err: cause, step: name }, 'a step of the stop failed'),
      );
    }
  }
}
