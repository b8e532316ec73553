/** What operators do and look at in a channel, without being members of it. */
import type { Ask } from '../../cluster/actor-host.js';
import { logPage } from '../../cluster/log-page.js';
import { ParleyError } from '../../core/errors.js';
import type { UserId } from '../../core/ids.js';
import type { MessageId } from '../../core/message-id.js';
import type { LogPage } from '../../protocol/bus-messages.js';
import { type Channel, NOBODY } from './channel.js';
import { erasureOf } from './said.js';

/** Appends the deletion of a message; answers once it is durable. The mailbox waits while the log is asked. */
export async function eraseByOperator(channel: Channel, ask: Ask, messageId: MessageId): Promise<void> {
  const { host } = channel;
  try {
    await host.messageIdsReady(channel.context.id);
    const place = await host.idIndex.find(messageId);
    if (place === undefined || place.channelId !== channel.id) throw new ParleyError('message_not_found');
    const { seq } = channel.append(NOBODY, await erasureOf(channel, place.seq));
    channel.waitFor(seq, ask);
    channel.whenCommitted(() => host.answer(ask, { type: 'done', value: {} }));
  } catch (error) {
    if (!(error instanceof ParleyError)) throw error;
    host.refuse(ask, error);
  }
}

/** A page of the channel's log; what `owedTo` has not confirmed is read first, so it is no newer than the page. */
export async function readLog(channel: Channel, fromSeq: number, owedTo: UserId): Promise<LogPage> {
  const owedFrom = channel.deliveries.owedFrom(owedTo);
  return { ...(await logPage(channel.log, fromSeq)), floor: 0, owedFrom };
}
