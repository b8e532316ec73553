import { HistoryChecker } from '../../test/checker/checker.js';
import type { Verdict } from '../../test/checker/history.js';
import { benchUserId } from '../load/crowd.js';
import { NO_MESSAGE, readLedger } from '../load/ledger.js';
import { peerOf } from '../load/session.js';

const DEVICE = 'bench';

/** Two words of an id as text of equal length, which sorts as the number does. */
function hex(high: number, low: number): string {
  return high.toString(16).padStart(8, '0') + low.toString(16).padStart(8, '0');
}

/**
 * Holds a generator's ledger against the guarantees. Direct: neighbours talk to each other. Broadcast: all are in one
 * channel, of which they are due what follows `firstSeq` (its making came before).
 */
export function judge(
  file: string,
  users: number,
  setting: { readonly type: 'direct' } | { readonly type: 'broadcast'; readonly firstSeq: number },
): Verdict {
  const checker = new HistoryChecker();
  const sender: number[] = [];
  const names = Array.from({ length: users }, (_, user) => benchUserId(user));
  const channels = names.map((name, user) => {
    if (setting.type === 'broadcast') return 'broadcast';
    const peer = names[peerOf(user)] ?? '';
    return name < peer ? `${name}~${peer}` : `${peer}~${name}`;
  });
  const nameOf = (user: number): string => names[user] ?? '';
  const channelOf = (user: number): string => channels[user] ?? '';
  const numbers: string[] = [];
  const firstSeq = setting.type === 'broadcast' ? setting.firstSeq : 1;
  for (let user = 0; user < users; user++) {
    checker.expectReader({ userId: nameOf(user), deviceId: DEVICE, ownMessages: 'acknowledged' });
    checker.member({ channelId: channelOf(user), userId: nameOf(user), firstSeq });
  }
  readLedger(file, {
    sent(messageNumber, user) {
      sender[messageNumber] = user;
      numbers[messageNumber] = String(messageNumber);
      checker.sent({
        channelId: channelOf(user),
        userId: nameOf(user),
        deviceId: DEVICE,
        clientMessageId: numbers[messageNumber] ?? '',
        order: messageNumber,
      });
    },
    acknowledged(messageNumber, seq, idHigh, idLow) {
      const user = sender[messageNumber] ?? -1;
      checker.acknowledged({
        channelId: channelOf(user),
        userId: nameOf(user),
        deviceId: DEVICE,
        clientMessageId: numbers[messageNumber] ?? '?',
        seq,
        messageId: hex(idHigh, idLow),
      });
    },
    delivered(user, messageNumber, seq, idHigh, idLow) {
      const isMessage = messageNumber !== NO_MESSAGE;
      if (seq < firstSeq) return;
      checker.seen({
        channelId: channelOf(user),
        userId: nameOf(user),
        deviceId: DEVICE,
        seq,
        messageId: hex(idHigh, idLow),
        from: isMessage ? nameOf(sender[messageNumber] ?? -1) : '',
        clientMessageId: isMessage ? (numbers[messageNumber] ?? '?') : '',
      });
    },
  });
  return checker.verdict();
}
