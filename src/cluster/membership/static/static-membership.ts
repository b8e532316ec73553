import type { Membership, ProcessInfo, ProcessLoad } from '../../../core/membership.js';

/** The membership of the embedded form: this process alone. */
export class StaticMembership implements Membership {
  private self: ProcessInfo | undefined;

  join(self: ProcessInfo): Promise<void> {
    this.self = self;
    return Promise.resolve();
  }

  report(load: ProcessLoad): void {
    if (this.self !== undefined) this.self = { ...this.self, load };
  }

  processes(): readonly ProcessInfo[] {
    return this.self === undefined ? [] : [this.self];
  }

  onChange(_listener: () => void): () => void {
    return () => undefined;
  }

  leave(): Promise<void> {
    this.self = undefined;
    return Promise.resolve();
  }
}
