import type { Clock } from '../core/clock.js';

export interface Flushable {
  flush(): void;
}

/** Collects the links that have something to write, and lets each write once at the end of the event loop's turn. */
export class Turn {
  private readonly clock: Clock;
  private waiting: Flushable[] = [];

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Has `link.flush` called in a later turn, once however often it is added: a link adds itself when it becomes dirty. */
  add(link: Flushable): void {
    if (this.waiting.length === 0) this.clock.defer(this.run);
    this.waiting.push(link);
  }

  private readonly run = (): void => {
    const links = this.waiting;
    this.waiting = [];
    for (const link of links) link.flush();
  };
}
