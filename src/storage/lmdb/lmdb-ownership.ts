/** The OwnershipStore over LMDB: each change a transaction of its own, or part of a larger one. */
import { ParleyError } from '../../core/errors.js';
import type { FenceState, OwnershipStore, ShardOwner } from '../../core/store.js';
import type { CommitQueue } from './commit-queue.js';
import { type Environment, FENCED, LIVE } from './environment.js';

const NOTHING = Buffer.alloc(0);

interface Opened {
  readonly environment: Environment;
  readonly queue: CommitQueue;
  /** Throws `unavailable` once the handle is closed. */
  readonly assertOpen: () => void;
}

export function lmdbOwnership({ environment, queue, assertOpen }: Opened): OwnershipStore {
  const { fences, owners } = environment;

  const readOwner = (shard: number): ShardOwner | undefined => {
    const bytes = owners.getBinary(shard);
    return bytes && decodeOwner(shard, bytes);
  };
  const stateOf = (incarnation: string): FenceState | undefined => {
    const version = fences.getEntry(Buffer.from(incarnation))?.version;
    if (version === undefined) return undefined;
    return version === LIVE ? 'live' : 'fenced';
  };

  return {
    insertFence: async (incarnation) => {
      assertOpen();
      await queue.transact(() => {
        if (stateOf(incarnation) !== undefined) {
          throw new ParleyError('fenced', { sentence: `The incarnation ${incarnation} has been used before.` });
        }
        fences.putSync(Buffer.from(incarnation), NOTHING, LIVE);
      });
    },
    fence: async (incarnation) => {
      assertOpen();
      await queue.transact(() => fences.putSync(Buffer.from(incarnation), NOTHING, FENCED));
    },
    readFence: async (incarnation) => {
      assertOpen();
      return stateOf(incarnation);
    },
    readOwners: async () => {
      assertOpen();
      return [...owners.getRange({})].map(({ key, value }) => decodeOwner(key, value));
    },
    readOwner: async (shard) => {
      assertOpen();
      return readOwner(shard);
    },
    changeOwners: async (changes) => {
      assertOpen();
      return queue.transact(() =>
        changes.map(({ shard, expectTerm, expectIncarnation, next }) => {
          const row = readOwner(shard);
          if ((row?.term ?? 0) !== expectTerm || row?.incarnation !== expectIncarnation) return false;
          owners.putSync(shard, Buffer.from(JSON.stringify(next)));
          return true;
        }),
      );
    },
  };
}

function decodeOwner(shard: number, bytes: Buffer): ShardOwner {
  const { term, incarnation, idFloorMs }: Omit<ShardOwner, 'shard'> = JSON.parse(bytes.toString());
  return { shard, term, incarnation, idFloorMs };
}
