/** Reads pages of logs from the owners of their actors, no faster than wanted. */
import type { ActorClient } from '../../cluster/actor-client.js';
import { type Clock, sleep } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import type { ActorId, UserId } from '../../core/ids.js';
import type { LogPage } from '../../protocol/bus-messages.js';

/** What a page costs beside its rows, in positions: its actor may have to be activated first. */
const PAGE_POSITIONS = 50;
const ATTEMPTS_MAX = 5;
const PAUSE_MS = 1_000;

export interface ReaderDeps {
  readonly actors: ActorClient;
  readonly clock: Clock;
  readonly positionsPerSecond: number;
  /** Nobody wants to know any more. */
  readonly signal: AbortSignal;
}

export class LogReader {
  /** Rows that were read. */
  positions = 0;
  private readonly deps: ReaderDeps;
  private nextAtMs = 0;

  constructor(deps: ReaderDeps) {
    this.deps = deps;
  }

  /** Rejects with the actor's ParleyError once repeating does not help, and when nobody wants to know any more. */
  async read(actor: ActorId, fromSeq: number, owedTo: UserId = ''): Promise<LogPage> {
    for (let attempt = 1; ; attempt++) {
      await this.turn();
      try {
        const answer = await this.deps.actors.ask(actor, { type: 'read_log', fromSeq, owedTo });
        if (answer.type !== 'log_page') throw new ParleyError('internal');
        this.positions += answer.value.rows.length;
        this.delay(answer.value.rows.length);
        return answer.value;
      } catch (error) {
        if (!(error instanceof ParleyError) || error.retry === 'never' || attempt === ATTEMPTS_MAX) throw error;
        await sleep(this.deps.clock, PAUSE_MS);
      }
    }
  }

  /** Resolves when a page of anything may be read; it counts as one. Rejects when nobody wants to know any more. */
  async turn(): Promise<void> {
    const { clock, signal } = this.deps;
    const waitMs = this.nextAtMs - clock.monotonic();
    if (waitMs > 0) await sleep(clock, waitMs);
    if (signal.aborted) throw new ParleyError('unavailable', { sentence: 'The verification was stopped.' });
    this.delay(PAGE_POSITIONS);
  }

  private delay(positions: number): void {
    const { clock, positionsPerSecond } = this.deps;
    this.nextAtMs = Math.max(this.nextAtMs, clock.monotonic()) + (positions * 1_000) / positionsPerSecond;
  }
}
