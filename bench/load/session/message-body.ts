import type { v1 } from '../../../src/protocol/wire.js';
import { NOT_AS_SENT, NOT_OF_THE_LOAD, NUMBER_PREFIX } from './frame-scanner.js';
import { BODY_TEXT } from './session.js';

/** What a message of the load says: its number and who wrote it, so that a body under another's id shows; 200 bytes. */
export function bodyOf(messageNumber: number, userId: string): string {
  const head = `${messageNumber} ${userId} `;
  return head + BODY_TEXT.slice(head.length);
}

/** Whether a message of the load has the body that went out under its client message id, and its writer's name. */
export function isAsSent({ clientMessageId, from, message }: v1.IEvent): boolean {
  const messageNumber = Number(clientMessageId?.slice(NUMBER_PREFIX.length));
  return !message || message.text === bodyOf(messageNumber, from ?? '');
}

/** As the frame scanner tells it, of an event that the codec read. */
export function numberOf(event: v1.IEvent): number {
  const { clientMessageId } = event;
  if (!clientMessageId?.startsWith(NUMBER_PREFIX)) return NOT_OF_THE_LOAD;
  return isAsSent(event) ? Number(clientMessageId.slice(NUMBER_PREFIX.length)) : NOT_AS_SENT;
}
