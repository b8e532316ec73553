import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { Ledger } from '../load/record/ledger.js';
import { directChannels, judge, judgeLedgers } from './verdict.js';

const folder = mkdtempSync(join(tmpdir(), 'parley-ledger-'));
afterAll(() => rmSync(folder, { recursive: true }));

function judged(fill: (ledger: Ledger) => void) {
  const ledger = new Ledger();
  fill(ledger);
  const file = join(folder, 'ledger');
  ledger.write(file);
  return judge(file, 2, { type: 'direct' });
}

const CHANNEL = 'bench000000~bench000001';

/** User 0 sends messages to user 1; the channel's making is its first event. */
function conversation(ledger: Ledger, messages: number): void {
  const channel = ledger.place(CHANNEL);
  for (const user of [0, 1]) ledger.delivered(user, -1, channel, 1, 0, 1);
  for (let number = 0; number < messages; number++) {
    ledger.sent(number, 0, channel);
    ledger.acknowledged(number, number + 2, 0, number + 2);
    ledger.delivered(1, number, channel, number + 2, 0, number + 2);
  }
}

describe("a generator's ledger before the checker", () => {
  it('survives being written and read, however many rows', () => {
    const { counts, findings } = judged((ledger) => conversation(ledger, 20_000));
    expect(findings).toEqual([]);
    expect(counts).toEqual({ sent: 20_000, acknowledged: 20_000, seen: 20_002, channels: 1, readers: 2 });
  });

  it('shows a message that was lost and one that was doubled', () => {
    const { broken } = judged((ledger) => {
      conversation(ledger, 3);
      ledger.sent(3, 0, ledger.place(CHANNEL));
      ledger.acknowledged(3, 5, 0, 5);
      ledger.delivered(1, 2, ledger.place(CHANNEL), 4, 0, 4);
    });
    expect(broken).toEqual({ G1: 0, G2: 0, G3: 2, G4: 0 });
  });

  it('misses nothing at somebody who is away at the end, but shows what was given to them of a channel not theirs', () => {
    const ledger = new Ledger();
    conversation(ledger, 3);
    const names = [0, 1, 2, 3].map((user) => `bench00000${user}`);
    const judgedWithout = (...absent: number[]) =>
      judgeLedgers([ledger.bytes()], {
        userId: (user) => names[user] ?? '?',
        readers: new Set([0, 1, 2, 3].filter((user) => !absent.includes(user))),
        channels: directChannels(names),
      });
    ledger.delivered(1, 1, ledger.place(CHANNEL), 3, 0, 3);
    expect(judgedWithout(1, 2).findings).toEqual([]);
    ledger.delivered(2, 1, ledger.place(CHANNEL), 3, 0, 3);
    expect(judgedWithout(1, 2).findings.map(({ sentence }) => sentence)).toEqual([
      `${CHANNEL}: bench000002/bench is not a member, but was given events`,
    ]);
  });
});
