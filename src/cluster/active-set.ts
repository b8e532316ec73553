/**
 * The active set: the actors that owe work (a fan-out, say), listed by shard and term, so that whoever owns the shard next
 * knows whom to activate. Entries are records of the partition `active/<shard>`.
 */
import type { ActorContext } from '../actors/runtime/actor.js';
import { eachBounded } from '../core/bounded.js';
import { ParleyError } from '../core/errors.js';
import { type ActorId, shardOf } from '../core/ids.js';
import type { Logger } from '../core/logger.js';
import type { MessageStore, StoredRecord, StoreWrite } from '../core/store.js';

const PAGE = 200;
/** Activations that recovery starts at once. */
const WAKE_AT_ONCE = 64;
/** The first owner of a shard has this term: there was nobody before who could have listed anything. */
const FIRST_TERM = 1;
/** Shards whose sets are read at once. */
const SHARDS_AT_ONCE = 16;
const EMPTY = new Uint8Array(0);

const partitionOf = (shard: number): string => `active/${shard}`;
const termKey = (term: number): string => term.toString().padStart(10, '0');

export function activeEntry({ id, epoch }: ActorContext, counter: number): StoreWrite {
  const record = { key: `${termKey(epoch.term)}/${id}`, version: { ...epoch, counter }, value: EMPTY };
  return { type: 'record', partition: partitionOf(shardOf(id)), record };
}

export function inactiveEntry({ id, epoch }: ActorContext, counter: number): StoreWrite {
  const key = `${termKey(epoch.term)}/${id}`;
  return { type: 'unrecord', partition: partitionOf(shardOf(id)), key, version: { ...epoch, counter } };
}

export interface OwnedTerm {
  readonly shard: number;
  readonly term: number;
}

/**
 * Wakes every actor that earlier owners of these shards listed, and takes the entry off once the actor is active: by then
 * it has listed itself again if it still owes anything. Returns how many it woke, and the shards to come back to: where
 * the store or an activation failed. Never rejects.
 */
export async function recoverActiveSets(
  store: MessageStore,
  owned: Iterable<OwnedTerm>,
  wake: (actor: ActorId) => Promise<void>,
  logger: Logger,
): Promise<{ readonly woken: number; readonly left: readonly OwnedTerm[] }> {
  let woken = 0;
  const left: OwnedTerm[] = [];
  const ownedBefore = [...owned].filter(({ term }) => term > FIRST_TERM);
  await eachBounded(ownedBefore, SHARDS_AT_ONCE, async (shard) => {
    try {
      const entries = await readEarlier(store, shard.shard, shard.term);
      const gone = await wakeAll(entries, wake, logger);
      woken += gone.length;
      if (gone.length > 0) await store.write(gone.map((entry) => remove(shard.shard, entry, shard.term)));
      if (gone.length < entries.length) left.push(shard);
    } catch (cause) {
      logger.warn({ err: cause, shard: shard.shard }, 'the active set waits for the store');
      left.push(shard);
    }
  });
  return { woken, left };
}

/** The entries whose actors are active now. */
async function wakeAll(
  entries: readonly StoredRecord[],
  wake: (actor: ActorId) => Promise<void>,
  logger: Logger,
): Promise<StoredRecord[]> {
  const gone: StoredRecord[] = [];
  for (let from = 0; from < entries.length; from += WAKE_AT_ONCE) {
    const batch = entries.slice(from, from + WAKE_AT_ONCE);
    const done = await Promise.all(batch.map((entry) => wakeOne(entry, wake, logger)));
    gone.push(...batch.filter((_, index) => done[index]));
  }
  return gone;
}

function remove(shard: number, entry: StoredRecord, term: number): StoreWrite {
  return { type: 'unrecord', partition: partitionOf(shard), key: entry.key, version: { term, sub: 0, counter: 0 } };
}

async function wakeOne(entry: StoredRecord, wake: (actor: ActorId) => Promise<void>, logger: Logger): Promise<boolean> {
  const actor = entry.key.slice(entry.key.indexOf('/') + 1) as ActorId;
  try {
    await wake(actor);
    return true;
  } catch (cause) {
    const known = cause instanceof ParleyError ? cause.kind : 'internal';
    logger.warn({ actor, kind: known }, 'an actor that owes work could not be activated; its entry stays');
    return false;
  }
}

async function readEarlier(store: MessageStore, shard: number, term: number): Promise<StoredRecord[]> {
  const entries: StoredRecord[] = [];
  for (let after = ''; ; ) {
    const page = await store.readRecords(partitionOf(shard), after, PAGE);
    entries.push(...page.filter((record) => record.key < termKey(term)));
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE) return entries;
    after = last.key;
  }
}
