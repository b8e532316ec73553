import type { Long, v1 } from '../../src/protocol/wire.js';
import type { ChannelLog, Position } from '../../test/checker/history.js';
import { NUMBER_PREFIX } from './frame-scanner.js';
import { ANOTHER, hexOf } from './ledger.js';
import { isAsSent } from './message-body.js';
import type { ParleySession } from './parley-session.js';
import { RequestError } from './request-error.js';

const HISTORY_PAGE = 200;

/** A channel's whole log, as the checker wants it; empty when there is no such channel. */
export async function readLog(reader: ParleySession, channelId: string): Promise<ChannelLog> {
  const events: Position[] = [];
  let firstSeq = 1;
  for (let head = 1, seq = 0; seq < head; ) {
    const history = await pageAfter(reader, channelId, seq);
    if (seq === 0) firstSeq = 1 + (history?.floor ?? 0);
    if (!history?.events?.length) break;
    head = history.head ?? 0;
    for (const event of history.events) events.push(positionOf(event));
    seq = events.at(-1)?.seq ?? head;
  }
  return { channelId, firstSeq, events };
}

async function pageAfter(reader: ParleySession, channelId: string, afterSeq: number) {
  try {
    return (await reader.request({ readHistory: { channelId, afterSeq, limit: HISTORY_PAGE } })).history;
  } catch (thrown) {
    if (thrown instanceof RequestError && thrown.errorName === 'channel_not_found') return undefined;
    throw thrown;
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
