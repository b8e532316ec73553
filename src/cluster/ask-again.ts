import { type Clock, sleep } from '../core/clock.js';
import { toParleyError } from '../core/errors.js';
import type { ActorId } from '../core/ids.js';
import type { ActorAnswer, Question } from '../protocol/bus-messages.js';
import type { ActorClient } from './actor-client.js';

export interface AskAgainDeps {
  readonly actors: Pick<ActorClient, 'ask'>;
  readonly clock: Clock;
}

const ATTEMPT_MS = 3_000;
const PAUSE_MS = 200;

/**
 * Asks until it is answered: again, too, when the bus lost the question or its owner died with it. Only for what may be done
 * twice. Rejects at once with a refusal of class `never`, and with the last error when `withinMs` are over.
 */
export async function askAgain(
  { actors, clock }: AskAgainDeps,
  actor: ActorId,
  question: Question,
  withinMs: number,
): Promise<ActorAnswer> {
  const endMs = clock.monotonic() + withinMs;
  for (;;) {
    try {
      return await actors.ask(actor, question, Math.min(ATTEMPT_MS, Math.max(1, endMs - clock.monotonic())));
    } catch (thrown) {
      const error = toParleyError(thrown);
      const pauseMs = Math.max(PAUSE_MS, error.retryAfterMs);
      if (error.retry === 'never' || clock.monotonic() + pauseMs >= endMs) throw error;
      await sleep(clock, pauseMs);
    }
  }
}
