import { readFileSync } from 'node:fs';
import { HistoryChecker } from '../../checker/checker.js';
import type { ChannelLog, Position, Verdict } from '../../checker/history.js';
import { benchUserId } from '../load/generator/crowd.js';
import { ANOTHER, ANOTHER_MESSAGE, hexOf, NO_MESSAGE, readLedgers } from '../load/record/ledger.js';
import { peerOf } from '../load/session/session.js';

const DEVICE = 'bench';

/** A channel of the load and who is in it. */
export interface ChannelOfLoad {
  readonly channelId: string;
  readonly members: readonly string[];
  /** What came before belongs to its making. */
  readonly firstSeq: number;
}

export interface LedgerSetting {
  readonly userId: (user: number) => string;
  /** Those who were there at the end, with everything settled. Of others only that they were given nothing foreign. */
  readonly readers: ReadonlySet<number>;
  readonly channels: readonly ChannelOfLoad[];
  readonly logs?: readonly ChannelLog[];
}

/** Holds the ledgers of a run's generators against the guarantees. */
export function judgeLedgers(ledgers: readonly Buffer[], setting: LedgerSetting): Verdict {
  const checker = new HistoryChecker();
  const sender: number[] = [];
  const channelOf: string[] = [];
  const numbers: string[] = [];
  for (const user of setting.readers)
    checker.expectReader({ userId: setting.userId(user), deviceId: DEVICE, ownMessages: 'acknowledged' });
  for (const { channelId, members, firstSeq } of setting.channels)
    for (const userId of members) checker.member({ channelId, userId, firstSeq });
  const isJudged = judgedDeliveries(setting);
  const named = (userId: string, messageNumber: number) => ({
    userId,
    deviceId: DEVICE,
    clientMessageId: numbers[messageNumber] ?? '?',
  });
  const messageOf = (messageNumber: number): Pick<Position, 'from' | 'clientMessageId'> => {
    if (messageNumber === NO_MESSAGE) return { from: '', clientMessageId: '' };
    if (messageNumber === ANOTHER_MESSAGE) return { from: '', clientMessageId: ANOTHER };
    const from = setting.userId(sender[messageNumber] ?? -1);
    return { from, clientMessageId: numbers[messageNumber] ?? '?' };
  };
  readLedgers(ledgers, {
    sent(messageNumber, user, channelId) {
      sender[messageNumber] = user;
      channelOf[messageNumber] = channelId;
      numbers[messageNumber] = String(messageNumber);
      checker.sent({ ...named(setting.userId(user), messageNumber), channelId, order: messageNumber });
    },
    acknowledged(messageNumber, seq, idHigh, idLow) {
      const userId = setting.userId(sender[messageNumber] ?? -1);
      const channelId = channelOf[messageNumber] ?? '?';
      checker.acknowledged({ ...named(userId, messageNumber), channelId, seq, messageId: hexOf(idHigh, idLow) });
    },
    delivered(user, messageNumber, channelId, seq, idHigh, idLow) {
      if (!isJudged(user, channelId, seq)) return;
      checker.seen({
        channelId,
        userId: setting.userId(user),
        deviceId: DEVICE,
        seq,
        messageId: hexOf(idHigh, idLow),
        ...messageOf(messageNumber),
      });
    },
  });
  for (const log of setting.logs ?? []) checker.log(log);
  return checker.verdict();
}

/**
 * Members are judged by what came after the channel's making, those who were away at the end not at all. What somebody
 * was given of a channel that is not theirs is judged always: it breaks G3, and the checker says so.
 */
function judgedDeliveries({ channels, readers, userId }: LedgerSetting) {
  const known = new Map(
    channels.map((channel) => [channel.channelId, { ...channel, members: new Set(channel.members) }]),
  );
  return (user: number, channelId: string, seq: number): boolean => {
    const channel = known.get(channelId);
    if (channel?.members.has(userId(user)) === false) return true;
    return readers.has(user) && seq >= (channel?.firstSeq ?? 1);
  };
}

/**
 * Holds one generator's ledger against the guarantees. Direct: neighbours talk to each other. Broadcast: all are in one
 * channel, of which they are due what follows `firstSeq` (its making came before).
 */
export function judge(
  file: string,
  users: number,
  setting: { readonly type: 'direct' } | { readonly type: 'broadcast'; readonly firstSeq: number },
): Verdict {
  const names = Array.from({ length: users }, (_, user) => benchUserId(user));
  const ledger = readFileSync(file);
  const channels =
    setting.type === 'direct'
      ? directChannels(names)
      : channelsOf(ledger).map((channelId) => ({ channelId, members: names, firstSeq: setting.firstSeq }));
  return judgeLedgers([ledger], { userId: (user) => names[user] ?? '?', readers: new Set(names.keys()), channels });
}

/** Of neighbours: the even one's id is the lower. */
export function directChannels(names: readonly string[]): ChannelOfLoad[] {
  return names.flatMap((name, user) => {
    const peer = names[peerOf(user)];
    if (user % 2 === 1 || peer === undefined) return [];
    return [{ channelId: `${name}~${peer}`, members: [name, peer], firstSeq: 1 }];
  });
}

/** The channels that were written to. */
function channelsOf(ledger: Buffer): string[] {
  const channels = new Set<string>();
  readLedgers([ledger], {
    sent: (_number, _user, channelId) => void channels.add(channelId),
    acknowledged: () => {},
    delivered: () => {},
  });
  return [...channels];
}
