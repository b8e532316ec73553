/**
 * The OwnershipStore over Cassandra. The rows of `node_fence` and `shard_owner` are written by compare-and-set only, so their
 * order is that of Paxos and no clock's.
 *
 * The read of a fence is a plain one at the majority. Once `fence` resolved, FENCED was committed at a majority: by the
 * compare-and-set itself when it answered `applied`; by the serial read that follows any other answer, since that finishes
 * what was accepted and hands what was committed to the majority it asks. Every majority that is read later meets it. A
 * read before may say LIVE: then it started before.
 */

import { types } from 'cassandra-driver';
import { eachBounded } from '../../core/bounded.js';
import { type Clock, sleep } from '../../core/clock.js';
import { ParleyError } from '../../core/errors.js';
import { appendTo } from '../../core/grouped.js';
import type { FenceState, OwnerChange, OwnershipStore, ShardOwner } from '../../core/store.js';
import { checkKey } from '../check-write.js';
import type { CassandraClient, Statement } from './cassandra-client.js';

const { Long } = types;

/** Changes of owner under way at once. */
const CHANGES_AT_ONCE = 64;
/** How long a change in doubt is looked at and repeated, milliseconds; then it stays in doubt, and is the caller's. */
const DECIDE_WITHIN_MS = 10_000;
const REPEAT_MS = 50;
const OWNERS_PAGE = 5_000;
/** Kept for a shard that was released: a value, not a removal. */
const NOBODY = '';

const QUERIES = {
  insertFence: "INSERT INTO node_fence (incarnation, state) VALUES (?, 'live') IF NOT EXISTS",
  fence: "UPDATE node_fence SET state = 'fenced' WHERE incarnation = ? IF state != 'fenced'",
  readFence: 'SELECT state FROM node_fence WHERE incarnation = ?',
  readOwners: 'SELECT shard, term, incarnation, id_floor_ms FROM shard_owner',
  readOwner: 'SELECT shard, term, incarnation, id_floor_ms FROM shard_owner WHERE shard = ?',
  insertOwner: 'INSERT INTO shard_owner (shard, term, incarnation, id_floor_ms) VALUES (?, ?, ?, ?) IF NOT EXISTS',
  changeOwner: `UPDATE shard_owner SET term = ?, incarnation = ?, id_floor_ms = ? WHERE shard = ?
    IF term = ? AND incarnation = ?`,
} as const;

export function cassandraOwnership(client: CassandraClient, clock: Clock): OwnershipStore {
  const changeOwner = ownerChanger(client, clock);
  return {
    insertFence: async (incarnation) => {
      checkKey(incarnation);
      const live = await decide(client, clock, async (repeated) => {
        const insert = { query: QUERIES.insertFence, params: [incarnation] };
        const { applied, row } = await client.runConditional(insert);
        // Nobody else inserts this one: a row that is there after a doubt is ours.
        return applied || (repeated && row?.state === 'live');
      });
      if (!live) throw new ParleyError('fenced', { sentence: `The incarnation ${incarnation} has been used before.` });
    },
    fence: async (incarnation) => {
      checkKey(incarnation);
      await decide(client, clock, async () => {
        if ((await client.runConditional({ query: QUERIES.fence, params: [incarnation] })).applied) return true;
        const row = await client.runSerialRead({ query: QUERIES.readFence, params: [incarnation] });
        return row?.state === 'fenced' ? true : undefined;
      });
    },
    readFence: async (incarnation) => {
      checkKey(incarnation);
      const rows = await client.run({ query: QUERIES.readFence, params: [incarnation] });
      const state: FenceState | undefined = rows.first()?.state;
      return state;
    },
    // Not serial, which a read of many partitions cannot be. A row that is older than one being committed only makes the
    // change that expects it fail.
    readOwners: async () => (await client.readAll({ query: QUERIES.readOwners, params: [] }, OWNERS_PAGE)).map(toOwner),
    readOwner: async (shard) => {
      const row = (await client.run({ query: QUERIES.readOwner, params: [shard] })).first();
      return row ? toOwner(row) : undefined;
    },
    changeOwners: async (changes) => {
      const applied = changes.map(() => false);
      await eachBounded(byShard(changes), CHANGES_AT_ONCE, async (ofShard) => {
        for (const { index, change } of ofShard) applied[index] = await changeOwner(change);
      });
      return applied;
    },
  };
}

/**
 * Repeats `attempt` while it is in doubt, or says with `undefined` that it does not know yet. Rejects with the doubt when it
 * has lasted too long.
 */
async function decide<Outcome>(
  client: CassandraClient,
  clock: Clock,
  attempt: (repeated: boolean) => Promise<Outcome | undefined>,
): Promise<Outcome> {
  const endMs = clock.monotonic() + DECIDE_WITHIN_MS;
  let doubt = new ParleyError('timeout', { sentence: 'Cassandra has not decided in time; the outcome is unknown.' });
  for (let repeated = false; ; repeated = true) {
    try {
      const outcome = await attempt(repeated);
      if (outcome !== undefined) return outcome;
    } catch (cause) {
      if (!(cause instanceof ParleyError) || client.closed) throw cause;
      doubt = cause;
    }
    if (clock.monotonic() > endMs) throw doubt;
    await sleep(clock, REPEAT_MS);
  }
}

function ownerChanger(client: CassandraClient, clock: Clock): (change: OwnerChange) => Promise<boolean> {
  const readOwner = async (shard: number): Promise<ShardOwner | undefined> => {
    const row = await client.runSerialRead({ query: QUERIES.readOwner, params: [shard] });
    return row && toOwner(row);
  };
  return (change) =>
    decide(client, clock, async (repeated) => {
      if (repeated) {
        const row = await readOwner(change.shard);
        if (isNext(change, row)) return true;
        if (!isExpected(change, row)) return false;
      }
      if ((await client.runConditional(changeStatement(change))).applied) return true;
      return repeated ? undefined : false;
    });
}

function changeStatement({ shard, expectTerm, expectIncarnation, next }: OwnerChange): Statement {
  const values = [next.term, next.incarnation ?? NOBODY, Long.fromNumber(next.idFloorMs)];
  if (expectTerm === 0 && expectIncarnation === undefined) {
    return { query: QUERIES.insertOwner, params: [shard, ...values] };
  }
  return { query: QUERIES.changeOwner, params: [...values, shard, expectTerm, expectIncarnation ?? NOBODY] };
}

function isExpected({ expectTerm, expectIncarnation }: OwnerChange, row: ShardOwner | undefined): boolean {
  return (row?.term ?? 0) === expectTerm && row?.incarnation === expectIncarnation;
}

function isNext({ next }: OwnerChange, row: ShardOwner | undefined): boolean {
  return row?.term === next.term && row.incarnation === next.incarnation && row.idFloorMs === next.idFloorMs;
}

function toOwner(row: types.Row): ShardOwner {
  const incarnation = row.incarnation === NOBODY ? undefined : row.incarnation;
  return { shard: row.shard, term: row.term, incarnation, idFloorMs: row.id_floor_ms.toNumber() };
}

/** Changes of one shard follow each other, in the order given. */
function byShard(changes: readonly OwnerChange[]): Iterable<{ index: number; change: OwnerChange }[]> {
  const shards = new Map<number, { index: number; change: OwnerChange }[]>();
  for (const [index, change] of changes.entries()) appendTo(shards, change.shard, { index, change });
  return shards.values();
}
