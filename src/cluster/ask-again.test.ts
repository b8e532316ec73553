import { describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { FakeClock } from '../core/testing/fake-clock.js';
import type { ActorAnswer, Question } from '../protocol/bus-messages.js';
import type { ActorClient } from './actor-client.js';
import { askAgain } from './ask-again.js';

const QUESTION: Question = { type: 'revoke', deviceId: undefined, atMs: 1 };
const DONE: ActorAnswer = { type: 'done', value: {} };

/** An actor that answers so, one after the other, and then for ever like the last time. */
function actorThat(...outcomes: readonly (ActorAnswer | ParleyError)[]) {
  const clock = new FakeClock();
  const budgets: (number | undefined)[] = [];
  const actors: Pick<ActorClient, 'ask'> = {
    ask: async (_actor, _question, budgetMs) => {
      const outcome = outcomes[Math.min(budgets.length, outcomes.length - 1)];
      budgets.push(budgetMs);
      if (outcome === undefined || outcome instanceof ParleyError) throw outcome;
      return outcome;
    },
  };
  const ask = (withinMs: number) => askAgain({ actors, clock }, 'user:alice', QUESTION, withinMs);
  return { clock, budgets, ask };
}

describe('a question that is asked again', () => {
  it('is answered once its owner has it, and given the pause that its refusal names', async () => {
    const lost = new ParleyError('timeout');
    const busy = new ParleyError('overloaded', { retryAfterMs: 1_000 });
    const { clock, budgets, ask } = actorThat(lost, busy, DONE);
    const answer = ask(10_000);
    await clock.advance(200);
    expect(budgets).toHaveLength(2);
    await clock.advance(999);
    expect(budgets).toHaveLength(2);
    await clock.advance(1);
    expect(await answer).toBe(DONE);
    expect(budgets).toEqual([3_000, 3_000, 3_000]);
  });

  it('rejects with the last error when its time is over', async () => {
    const { clock, budgets, ask } = actorThat(new ParleyError('unavailable'));
    const answer = expect(ask(500)).rejects.toMatchObject({ kind: 'unavailable' });
    await clock.advance(400);
    await answer;
    expect(budgets).toEqual([500, 300, 100]);
  });

  it('takes a final refusal as the answer', async () => {
    const { budgets, ask } = actorThat(new ParleyError('forbidden'));
    await expect(ask(10_000)).rejects.toMatchObject({ kind: 'forbidden' });
    expect(budgets).toHaveLength(1);
  });
});
