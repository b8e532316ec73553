import type { Clock } from '../../src/core/clock.js';
import type { FakeClock } from '../../src/core/testing/fake-clock.js';

/**
 * The clock as one process of a cluster sees it: while the process stands still nothing of it runs, but time goes on; then
 * it does at once what had come due. When it dies, nothing comes any more. Its wall clock may jump.
 */
export class PausableClock implements Clock {
  private readonly clock: FakeClock;
  private state: 'running' | 'paused' | 'dead' = 'running';
  private held: (() => void)[] = [];
  private jumpedMs = 0;

  constructor(clock: FakeClock) {
    this.clock = clock;
  }

  get dead(): boolean {
    return this.state === 'dead';
  }

  now(): number {
    return this.clock.now() + this.jumpedMs;
  }

  monotonic(): number {
    return this.clock.monotonic();
  }

  after(delayMs: number, callback: () => void): () => void {
    return this.clock.after(delayMs, () => this.whenRunning(callback));
  }

  defer(callback: () => void): void {
    this.clock.defer(() => this.whenRunning(callback));
  }

  /** Runs `callback` now, when the process goes on, or never. */
  whenRunning(callback: () => void): void {
    if (this.state === 'running') callback();
    else if (this.state === 'paused') this.held.push(callback);
  }

  /** Resolves when the process runs: what it waited for reaches it then. */
  running(): Promise<void> {
    return new Promise((resolve) => this.whenRunning(resolve));
  }

  jump(byMs: number): void {
    this.jumpedMs += byMs;
  }

  pause(): void {
    if (this.state === 'running') this.state = 'paused';
  }

  resume(): void {
    if (this.state !== 'paused') return;
    this.state = 'running';
    const { held } = this;
    this.held = [];
    for (const callback of held) this.clock.defer(() => this.whenRunning(callback));
  }

  kill(): void {
    this.state = 'dead';
    this.held = [];
  }
}
