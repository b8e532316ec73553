/** Messages, by their ids alone. */
import { ParleyError } from '../../core/errors.js';
import { channelActor } from '../../core/ids.js';
import { type MessageId, parseMessageId } from '../../core/message-id.js';
import type { admin } from '../../protocol/admin-messages.js';
import type { AdminDeps } from '../deps.js';

/** Throws `invalid_argument` for what is no id. */
export function messageIdOf(text: string | null | undefined): MessageId {
  const id = parseMessageId(text ?? '');
  if (id !== undefined) return id;
  throw new ParleyError('invalid_argument', { sentence: `${JSON.stringify(text ?? '')} is no message id.` });
}

/** Throws `message_not_found`, or `unavailable` while nobody says that they own the shard that the id names. */
async function placeOf({ asker }: AdminDeps, id: MessageId): Promise<admin.IMessagePlace> {
  const { answers } = await asker.askAll({ message: { messageId: id.toString() } });
  const owners = answers.flatMap(({ answer }) => (answer.message?.owned ? [answer.message] : []));
  const place = owners.find(({ channelId }) => channelId);
  if (place !== undefined) return place;
  throw noSuchMessage(owners.length > 0);
}

/** `owned`: somebody answers for the shard that its id names. */
export function noSuchMessage(owned: boolean): ParleyError {
  if (owned) return new ParleyError('message_not_found', { sentence: 'There is no such message.' });
  return new ParleyError('unavailable', { sentence: 'The node that knows of this message does not answer.' });
}

export async function deleteMessage(
  deps: AdminDeps,
  request: admin.IDeleteMessageRequest,
): Promise<admin.IMessageDeleted> {
  const messageId = messageIdOf(request.messageId);
  const { channelId, seq } = await placeOf(deps, messageId);
  await deps.actors.ask(channelActor(channelId ?? ''), { type: 'erase_message', messageId });
  return { channelId: channelId ?? '', seq: seq ?? 0 };
}
