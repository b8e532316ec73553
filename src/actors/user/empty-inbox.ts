/** What the store keeps of a user goes: the inbox with its copies of messages, mentions, read cursors, status, devices. */
import type { ActorHost } from '../../cluster/actor-host.js';
import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';
import type { StoreWrite } from '../../core/store.js';
import { stored } from '../../protocol/stored.js';
import { Long } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import { CHECKPOINT_KEY, decodeUser, encodeUser, type UserCheckpoint } from './checkpoint.js';
import type { Inbox } from './inbox.js';
import { newChannel } from './state.js';

/** The account was deleted; the actor of such a user is a FormerUser. Sorts after the read cursors, with which it is read. */
export const TOMBSTONE_KEY = 'tombstone';

const STAY: ReadonlySet<string> = new Set([CHECKPOINT_KEY, TOMBSTONE_KEY]);
const RECORDS_PAGE = 500;

const tombstoneOf = ({ records }: Inbox): stored.Tombstone =>
  stored.Tombstone.decode(records.get(TOMBSTONE_KEY) ?? new Uint8Array(0));

/**
 * Resolves when the tombstone is durable, and the user listed in the active set. Nothing new may be taken meanwhile: what is
 * under way becomes durable before it.
 */
export async function entomb(host: ActorHost, context: ActorContext, inbox: Inbox): Promise<void> {
  await host.committer.commit([]);
  if (!inbox.settled) throw new ParleyError('unavailable', { retryAfterMs: RETRY_AFTER_MS.commit });
  const tombstone = stored.Tombstone.encode({ at: Long.fromNumber(host.clock.now(), true) }).finish();
  const listed = host.activeEntry(context, inbox.ownRecords.nextCounter());
  await host.committer.commit([inbox.ownRecords.write(TOMBSTONE_KEY, tombstone), listed]);
  inbox.records.set(TOMBSTONE_KEY, tombstone);
}

/** Whether an inbox was emptied to the end. */
export const isEmptied = (inbox: Inbox): boolean => tombstoneOf(inbox).emptied;

/**
 * Resolves when it is done, and written so. Cut off, it is begun anew: the floor is durable before the rows go. The channels
 * that are to be left stay, by their ids alone. The inbox must be settled.
 */
export async function emptyInbox(host: ActorHost, context: ActorContext, inbox: Inbox): Promise<void> {
  const emptied = withoutContent(inbox, context.epoch.term);
  await inbox.saveRecord(CHECKPOINT_KEY, encodeUser(emptied));
  await removeRecords(host, context, inbox);
  await host.store.write([{ type: 'trim', log: inbox.log.id, belowSeq: emptied.floor + 1 }]);
  await inbox.saveRecord(TOMBSTONE_KEY, stored.Tombstone.encode({ ...tombstoneOf(inbox), emptied: true }).finish());
  Object.assign(inbox.saved, emptied);
}

function withoutContent({ log, channels }: Inbox, term: number): UserCheckpoint {
  const head = log.committedHead;
  const emptied = { ...decodeUser(undefined), inboxSeq: head, floor: head, term };
  for (const [channelId, { left }] of channels) if (!left) emptied.channels.set(channelId, newChannel(channelId));
  return emptied;
}

async function removeRecords(host: ActorHost, context: ActorContext, inbox: Inbox): Promise<void> {
  for (let after = ''; ; ) {
    const records = await host.store.readRecords(context.id, after, RECORDS_PAGE);
    await host.committer.commit(
      records.flatMap(({ key }): StoreWrite[] =>
        STAY.has(key)
          ? []
          : [
              {
                type: 'unrecord',
                partition: context.id,
                key,
                version: { ...context.epoch, counter: inbox.ownRecords.nextCounter() },
              },
            ],
      ),
    );
    if (records.length < RECORDS_PAGE) return;
    after = records.at(-1)?.key ?? after;
  }
}
