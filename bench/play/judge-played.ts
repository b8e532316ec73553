/** Asks the generators what was sent and given, and what is in the logs now, and lets the checker judge it. */
import type { Verdict } from '../../checker/history.js';
import type { LogsRead } from '../load/generator/orders.js';
import type { Generator } from '../run/generator.js';
import { type ChannelOfLoad, judgeLedgers } from '../run/verdict.js';
import type { Rehearsed } from './rehearsal.js';

/** So many logs are read; of the others the checker knows what clients saw. */
const LOGS_READ = 30;
/** A ledger comes in slices: Node's longest text is half a gigabyte. */
const SLICE_BYTES = 32 * 1024 * 1024;

const NOBODY = -1;

type Played = Pick<Rehearsed, 'players'> & { readonly channels: readonly ChannelOfLoad[] };

/** One after the other: each may be large. */
export async function takeLedgers(
  { players }: Pick<Rehearsed, 'players'>,
  sliceBytes = SLICE_BYTES,
): Promise<Buffer[]> {
  const ledgers: Buffer[] = [];
  for (const { generator } of players) ledgers.push(await takeLedger(generator, sliceBytes));
  return ledgers;
}

async function takeLedger(generator: Generator, length: number): Promise<Buffer> {
  const slices: Buffer[] = [];
  for (let from = 0; ; from += length) {
    const slice = Buffer.from(await generator.order<string>({ type: 'take_ledger', from, length }), 'base64');
    slices.push(slice);
    if (slice.length < length) return Buffer.concat(slices);
  }
}

export interface Judgement {
  readonly verdict: Verdict;
  /** Logs that were to be read and were not, so that the verdict says nothing of them: which channel, and why. */
  readonly unread: readonly string[];
}

/** `absent`: users of whom nothing is expected. */
export async function judgePlayed(
  users: number,
  userId: (user: number) => string,
  played: Played,
  { ledgers, absent }: { readonly ledgers: readonly Buffer[]; readonly absent: ReadonlySet<number> },
): Promise<Judgement> {
  const numbers = Array.from({ length: users }, (_, user) => user);
  const readers = new Set(numbers.filter((user) => !absent.has(user)));
  const readerOf = new Map([...readers].map((user) => [userId(user), user]));
  const { logs, unread } = await readLogs(played, readerOf);
  return { verdict: judgeLedgers(ledgers, { userId, readers, channels: played.channels, logs }), unread };
}

async function readLogs({ channels, players }: Played, readerOf: ReadonlyMap<string, number>): Promise<LogsRead> {
  const every = Math.max(1, Math.floor(channels.length / LOGS_READ));
  const wanted = channels
    .filter((_, index) => index % every === 0)
    .map(({ channelId, members }) => {
      const reader = members.map((member) => readerOf.get(member)).find((user) => user !== undefined);
      return { channelId, reader: reader ?? NOBODY };
    });
  const read = await Promise.all(
    players.map(({ generator, users }) => {
      const own = wanted.filter(({ reader }) => reader >= users.first && reader < users.end);
      return generator.order<LogsRead>({ type: 'read_logs', channels: own });
    }),
  );
  const without = wanted.filter(({ reader }) => reader === NOBODY);
  return {
    logs: read.flatMap(({ logs }) => logs),
    unread: [
      ...without.map(({ channelId }) => `${channelId}: none of its members was there at the end`),
      ...read.flatMap(({ unread }) => unread),
    ],
  };
}
