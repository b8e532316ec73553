import { expect, it } from 'vitest';
import type { ChannelLog } from '../../checker/history.js';
import type { Numbered } from '../load/generator/orders.js';
import { Ledger } from '../load/record/ledger.js';
import { Generator } from '../run/generator.js';
import { directChannels } from '../run/verdict.js';
import { judgePlayed, takeLedgers } from './judge-played.js';

const userId = (user: number): string => `u${user}`;

/** User 0 wrote two messages to user 1, who was given both; the log holds what is named. */
async function judged(events: ChannelLog['events'], unread: readonly string[] = [], absent: readonly number[] = []) {
  const ledger = new Ledger();
  const channel = ledger.place('u0~u1');
  for (const number of [0, 1]) {
    ledger.sent(number, 0, channel);
    ledger.acknowledged(number, number + 1, 0, number + 1);
    ledger.delivered(1, number, channel, number + 1, 0, number + 1);
  }
  const answerTo = ({ order }: Numbered): unknown => {
    if (order.type === 'take_ledger')
      return ledger
        .bytes()
        .subarray(order.from, order.from + order.length)
        .toString('base64');
    if (order.type !== 'read_logs') return undefined;
    return { logs: order.channels.map(({ channelId }) => ({ channelId, events })), unread };
  };
  const generator: Generator = new Generator((numbered) =>
    generator.heard({ id: numbered.id, type: 'done', value: answerTo(numbered) }),
  );
  const players = [{ generator, users: { first: 0, end: 2 } }];
  const ledgers = await takeLedgers({ players }, 16); // in many slices
  const played = { players, channels: directChannels(['u0', 'u1']) };
  return judgePlayed(2, userId, played, { ledgers, absent: new Set(absent) });
}

const position = (number: number) => ({
  seq: number + 1,
  messageId: (number + 1).toString(16).padStart(16, '0'),
  from: 'u0',
  clientMessageId: String(number),
});

it('finds nothing where the log holds what was acknowledged', async () => {
  expect(await judged([position(0), position(1)])).toMatchObject({ verdict: { findings: [] }, unread: [] });
});

it('misses acknowledged messages of a channel that has no log any more', async () => {
  expect((await judged([])).verdict.broken).toEqual({ G1: 2, G2: 0, G3: 0, G4: 0 });
  expect((await judged([position(1)])).verdict.broken).toEqual({ G1: 1, G2: 0, G3: 0, G4: 0 });
});

it('names the logs that nobody read, or could read', async () => {
  expect((await judged([position(0), position(1)], ['u0~u1: closed'])).unread).toEqual(['u0~u1: closed']);
  expect((await judged([], [], [0, 1])).unread).toEqual(['u0~u1: none of its members was there at the end']);
});
