/** Asks the generators what was sent and given, and what is in the logs now, and lets the checker judge it. */
import type { ChannelLog, Verdict } from '../../test/checker/history.js';
import { judgeLedgers } from '../run/verdict.js';
import type { Rehearsed } from './rehearsal.js';

/** So many logs are read; of the others the checker knows what clients saw. */
const LOGS_READ = 30;

type Played = Pick<Rehearsed, 'players' | 'channels'>;

/** `absent`: users of whom nothing is expected. */
export async function judgePlayed(
  users: number,
  userId: (user: number) => string,
  played: Played,
  absent: ReadonlySet<number>,
): Promise<Verdict> {
  const ledgers: Buffer[] = [];
  for (const { generator } of played.players)
    ledgers.push(Buffer.from(await generator.order<string>({ type: 'take_ledger' }), 'base64'));
  const numbers = Array.from({ length: users }, (_, user) => user);
  const readers = new Set(numbers.filter((user) => !absent.has(user)));
  const readerOf = new Map([...readers].map((user) => [userId(user), user]));
  const logs = await readLogs(played, readerOf);
  return judgeLedgers(ledgers, { userId, readers, channels: played.channels, logs });
}

async function readLogs({ channels, players }: Played, readerOf: ReadonlyMap<string, number>): Promise<ChannelLog[]> {
  const every = Math.max(1, Math.floor(channels.length / LOGS_READ));
  const wanted = channels
    .filter((_, index) => index % every === 0)
    .flatMap(({ channelId, members }) => {
      const reader = members.map((member) => readerOf.get(member)).find((user) => user !== undefined);
      return reader === undefined ? [] : [{ channelId, reader }];
    });
  const read = await Promise.all(
    players.map(({ generator, users }) => {
      const own = wanted.filter(({ reader }) => reader >= users.first && reader < users.end);
      return generator.order<ChannelLog[]>({ type: 'read_logs', channels: own });
    }),
  );
  return read.flat();
}
