import type { LogId, LogRow, StoreWrite } from '../core/store.js';
import { EncodedEvent } from './encoded-event.js';
import { editWithoutText } from './textless-event.js';
import { v1 } from './wire.js';

/** What stays of an erased message: its place, its sender and their id of it; of an edit also whose it was, and who is due it. */
export function erasedEvent(event: v1.Event): EncodedEvent {
  const { channelId, seq, messageId, createdAt, from, clientMessageId, edited } = event;
  const stays = { channelId, seq, messageId, createdAt, from, clientMessageId, deleted: true };
  return EncodedEvent.of(v1.Event.create(edited ? { ...stays, edited: editWithoutText(edited) } : stays));
}

/** Takes the text out of a row that holds an event. */
export function erasure(log: LogId, row: LogRow): StoreWrite {
  const body = erasedEvent(EncodedEvent.fromBytes(row.body).value).bytes;
  return { type: 'erase', log, row: { ...row, body } };
}

/**
 * Whether an event holds what somebody said: a message, an edit, a reaction. What a blocked person says is hidden; a
 * deletion is told to everybody.
 */
export function isSaid({ body, deleted }: v1.Event): boolean {
  return deleted || body === 'message' || body === 'edited' || body === 'reacted';
}
