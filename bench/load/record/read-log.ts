import type { ChannelLog, Position } from '../../../checker/history.js';
import { type Clock, sleep } from '../../../src/core/clock.js';
import { systemRandom } from '../../../src/core/random.js';
import type { Long, v1 } from '../../../src/protocol/wire.js';
import { backoffMs } from '../session/backoff.js';
import { NUMBER_PREFIX } from '../session/frame-scanner.js';
import { isAsSent } from '../session/message-body.js';
import type { ParleySession } from '../session/parley-session.js';
import { RequestError } from '../session/request-error.js';
import { ANOTHER, hexOf } from './ledger.js';

const HISTORY_PAGE = 200;

/** For the logs of all channels of one generator. */
export const LOGS_WITHIN_MS = 30_000;

type Reader = Pick<ParleySession, 'request'>;

export interface Patience {
  readonly clock: Clock;
  /** On the clock's monotonic time. */
  readonly giveUpAt: number;
}

/** A channel's whole log, as the checker wants it; empty when there is no such channel. Rejects when the time is over. */
export async function readLog(reader: Reader, channelId: string, patience: Patience): Promise<ChannelLog> {
  const events: Position[] = [];
  let firstSeq = 1;
  for (let head = 1, seq = 0; seq < head; ) {
    const history = await pageAfter(reader, channelId, seq, patience);
    if (seq === 0) firstSeq = 1 + (history?.floor ?? 0);
    if (!history?.events?.length) break;
    head = history.head ?? 0;
    for (const event of history.events) events.push(positionOf(event));
    seq = events.at(-1)?.seq ?? head;
  }
  return { channelId, firstSeq, events };
}

/** Again and again: a server or reader that is coming back says nothing of the log. */
async function pageAfter(reader: Reader, channelId: string, afterSeq: number, { clock, giveUpAt }: Patience) {
  for (let attempt = 0; ; attempt++) {
    try {
      return (await reader.request({ readHistory: { channelId, afterSeq, limit: HISTORY_PAGE } })).history;
    } catch (thrown) {
      if (thrown instanceof RequestError && thrown.errorName === 'channel_not_found') return undefined;
      const delayMs = backoffMs(attempt, systemRandom);
      if (clock.monotonic() + delayMs >= giveUpAt) throw thrown;
      await sleep(clock, delayMs);
    }
  }
}

function positionOf(event: v1.IEvent): Position {
  const { seq, messageId, from, clientMessageId } = event;
  const { high, low } = messageId as Long;
  const isMessage = clientMessageId?.startsWith(NUMBER_PREFIX) ?? false;
  return {
    seq: seq ?? 0,
    messageId: hexOf(high >>> 0, low >>> 0),
    from: isMessage ? (from ?? '') : '',
    clientMessageId: isMessage ? (isAsSent(event) ? (clientMessageId ?? '').slice(NUMBER_PREFIX.length) : ANOTHER) : '',
  };
}
