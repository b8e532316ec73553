/** What the store keeps of a user goes: the inbox with its copies of messages, mentions, read cursors, status, devices. */
import type { ActorHost } from '../../cluster/actor-host.js';
import type { StoreWrite } from '../../core/store.js';
import { stored } from '../../protocol/stored.js';
import { Long } from '../../protocol/wire.js';
import type { ActorContext } from '../runtime/actor.js';
import { CHECKPOINT_KEY, decodeUser, encodeUser } from './checkpoint.js';
import type { Inbox } from './inbox.js';

/** The account was deleted; the actor of such a user is a FormerUser. Sorts after the read cursors, with which it is read. */
export const TOMBSTONE_KEY = 'tombstone';
export const encodeTombstone = (atMs: number): Uint8Array =>
  stored.Tombstone.encode({ at: Long.fromNumber(atMs, true) }).finish();

const STAY: ReadonlySet<string> = new Set([CHECKPOINT_KEY, TOMBSTONE_KEY]);
const RECORDS_PAGE = 500;

/** Resolves when it is done. Cut off, it is begun anew: the floor is durable before the rows go. The inbox must be settled. */
export async function emptyInbox(host: ActorHost, context: ActorContext, inbox: Inbox): Promise<void> {
  const head = inbox.log.committedHead;
  const { term } = context.epoch;
  Object.assign(inbox.saved, { ...decodeUser(undefined), inboxSeq: head, floor: head, term });
  await inbox.saveRecord(CHECKPOINT_KEY, encodeUser(inbox.saved));
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
                version: { ...context.epoch, counter: inbox.nextVersion() },
              },
            ],
      ),
    );
    if (records.length < RECORDS_PAGE) break;
    after = records.at(-1)?.key ?? after;
  }
  await host.committer.commit([host.inactiveEntry(context, inbox.nextVersion())]);
  await host.store.write([{ type: 'trim', log: inbox.log.id, belowSeq: head + 1 }]);
}
