import { describe, expect, it } from 'vitest';
import { FakeClock } from '../core/testing/fake-clock.js';
import { Confirmation, Confirmations } from './confirmations.js';

function setup() {
  const clock = new FakeClock();
  const sent: string[] = [];
  const confirmations = new Confirmations(clock, ({ channelId, userId, seq }) =>
    sent.push(`${channelId} ${userId} ${seq}`),
  );
  return { clock, sent, confirmations, bob: new Confirmation('c', 'bob') };
}

describe('confirmations', () => {
  it('wait a little, and the highest stands for those before it', async () => {
    const { clock, sent, confirmations, bob } = setup();
    for (const seq of [1, 3, 2]) confirmations.add(bob, seq);
    confirmations.add(new Confirmation('c', 'carol'), 1);
    confirmations.add(new Confirmation('d', 'bob'), 9);
    expect(sent).toEqual([]);
    await clock.advance(100);
    expect(sent).toEqual(['c bob 3', 'c carol 1', 'd bob 9']);
    await clock.advance(1_000);
    expect(sent).toHaveLength(3);
  });

  it('go at once when the process ends, and later ones as ever', async () => {
    const { clock, sent, confirmations, bob } = setup();
    confirmations.add(bob, 1);
    confirmations.flush();
    expect(sent).toEqual(['c bob 1']);
    confirmations.add(bob, 2);
    await clock.advance(100);
    expect(sent).toEqual(['c bob 1', 'c bob 2']);
  });
});
