/**
 * The short cuts of docs/ARCHITECTURE.md, Ownership, that a process of the simulated cluster may take. Each is played from
 * outside: by ports that answer as if it were taken, or by one method of one class replaced for the run. The code that
 * ships has no switches for it.
 */
import type { Committer } from '../../src/cluster/committer.js';
import { epochAt } from '../../src/cluster/owned-log.js';
import type { ShardTable } from '../../src/cluster/shard-table.js';
import { type Clock, sleep } from '../../src/core/clock.js';
import { compareEpochs, type Epoch } from '../../src/core/epoch.js';
import { type ActorId, shardOf } from '../../src/core/ids.js';
import type {
  EpochEntry,
  FenceState,
  LogId,
  LogRow,
  MessageStore,
  OwnerChange,
  OwnershipStore,
  Storage,
  StoreWrite,
} from '../../src/core/store.js';
import type { MemoryPlace } from '../../src/storage/memory/memory-place.js';

/** The process that takes a short cut. */
export interface Taker {
  readonly incarnation: string;
  readonly clock: Clock;
  readonly place: MemoryPlace;
  /** Every log of the run. */
  readonly logs: readonly ActorId[];
  /** A whole number below `bound`, by the run's seed. */
  readonly below: (bound: number) => number;
}

/** What an activation works with. */
export interface LogPorts {
  readonly store: MessageStore;
  readonly committer: Committer;
}

/** What is put between a process and its ports. What is absent stays as it is. */
export interface Detour {
  readonly storage?: (storage: Storage) => Storage;
  readonly shards?: (shards: ShardTable) => void;
  readonly opening?: (log: LogId, epoch: Epoch, ports: LogPorts) => LogPorts;
}

export type ShortCut = (taker: Taker) => Detour;

const ROWS_MAX = 1_000_000;

export const honest: ShortCut = () => ({});

function withOwnership(storage: Storage, changed: Partial<OwnershipStore>): Storage {
  return { ...storage, ownership: { ...storage.ownership, ...changed } };
}

function withMessages(storage: Storage, changed: Partial<MessageStore>): Storage {
  return { ...storage, messages: { ...storage.messages, ...changed } };
}

const isIndex = (write: StoreWrite): write is Extract<StoreWrite, { type: 'epoch' }> => write.type === 'epoch';

export const noCheck: ShortCut = () => ({
  storage: (storage) => withOwnership(storage, { readFence: () => Promise.resolve('live') }),
});

/** Each write asks `early` for the fence's state; the read that should follow it is answered by that. */
function checkedBy(
  early: (read: () => Promise<FenceState | undefined>, write: () => Promise<void>) => Promise<FenceState | undefined>,
): ShortCut {
  return ({ incarnation }) => ({
    storage: (storage) => {
      const { messages, ownership } = storage;
      const seen: (FenceState | undefined)[] = [];
      const write = async (batch: readonly StoreWrite[]): Promise<void> => {
        const state = await early(
          () => ownership.readFence(incarnation),
          () => messages.write(batch),
        );
        seen.push(state);
      };
      const readFence = (subject: string): Promise<FenceState | undefined> => {
        const [first] = seen.splice(0);
        return first === undefined ? ownership.readFence(subject) : Promise.resolve(first);
      };
      return withMessages(withOwnership(storage, { readFence }), { write });
    },
  });
}

export const checkBeforeWrite = checkedBy(async (read, write) => {
  const state = await read();
  await write();
  return state;
});

export const parallelCheck = checkedBy(async (read, write) => {
  const [state] = await Promise.all([read(), write()]);
  return state;
});

interface Tail {
  readonly rows: readonly LogRow[];
  readonly epochs: readonly EpochEntry[];
}

/** Each activation that follows a claim reads the log as it was when the rows of the owners were read for that claim. */
export const tailBeforeClaim: ShortCut = ({ place, logs }) => {
  const tails = new Map<LogId, Tail>();
  const activated = new Map<LogId, number>();
  let table: ShardTable | undefined;
  const look = (): void => {
    for (const log of logs)
      if (table?.termOf(shardOf(log)) === undefined)
        tails.set(log, { rows: place.rows(log, 1, ROWS_MAX, ROWS_MAX), epochs: place.epochs(log) });
  };
  return {
    shards: (shards) => {
      table = shards;
    },
    storage: (storage) =>
      withOwnership(storage, {
        readOwners: () => {
          look();
          return storage.ownership.readOwners();
        },
        readOwner: (shard) => {
          look();
          return storage.ownership.readOwner(shard);
        },
      }),
    opening: (log, { term }, { store, committer }) => {
      const tail = activated.get(log) === term ? undefined : tails.get(log);
      activated.set(log, term);
      return { committer, store: tail === undefined ? store : firstFrom(tail, store) };
    },
  };
};

/** An activation reads the epochs, then the rows above its hint, once each where the log is short; then the store is asked. */
function firstFrom(tail: Tail, store: MessageStore): MessageStore {
  const left = new Set(['readEpochs', 'readRows']);
  return {
    ...store,
    readEpochs: async (log) => (left.delete('readEpochs') ? [...tail.epochs] : store.readEpochs(log)),
    readRows: async (log, from, to, limit) =>
      left.delete('readRows')
        ? tail.rows.filter(({ seq }) => seq >= from && seq < to).slice(0, limit)
        : store.readRows(log, from, to, limit),
  };
}

/** The claim is served before the store has said that it was applied, and whether it was. */
export const claimNotAwaited: ShortCut = ({ incarnation, clock, below }) => ({
  storage: (storage) => {
    const changeOwners = (changes: readonly OwnerChange[]): Promise<boolean[]> => {
      const claims = changes.every(
        ({ expectTerm, next }) => next.incarnation === incarnation && next.term > expectTerm,
      );
      if (!claims) return storage.ownership.changeOwners(changes);
      clock.after(1 + below(5_000), () => void storage.ownership.changeOwners(changes).catch(() => undefined));
      return Promise.resolve(changes.map(() => true));
    };
    return withOwnership(storage, { changeOwners });
  },
});

/** Rows in doubt stay what they were: only the index says that the epochs before are sealed. */
export const notWrittenAgain: ShortCut = () => ({
  opening: (_log, _epoch, { store, committer }) => {
    let next = 1;
    const commit = async (writes: readonly StoreWrite[]): Promise<void> => {
      for (const write of writes) if (write.type === 'row') next = write.row.seq + 1;
      const index = writes.filter(isIndex);
      // The entry is also the owner's own, in memory.
      for (const { entry } of index) Object.assign(entry, { startSeq: next });
      if (index.length > 0) await committer.commit(index);
    };
    return { store, committer: instead(committer, { commit }) };
  },
});

/** Adopted rows are shown as soon as they and the index are written. */
export const shownUnchecked: ShortCut = ({ clock }) => ({
  opening: (_log, _epoch, { store, committer }) => {
    const commit = async (writes: readonly StoreWrite[]): Promise<void> => {
      while (!(await store.write(writes).then(yes, no))) await sleep(clock, 50);
    };
    return { store, committer: instead(committer, { commit }) };
  },
});

const yes = (): boolean => true;
const no = (): boolean => false;

/** Nobody writes an index: of the rows at one position that of the highest epoch counts. */
export const noIndex: ShortCut = ({ place }) => ({
  storage: (storage) =>
    withMessages(storage, {
      write: (batch) => storage.messages.write(batch.filter((write) => !isIndex(write))),
      readEpochs: async (log) => highestEpochs(place, log),
    }),
});

/** The index that the rows themselves would give. */
function highestEpochs(place: MemoryPlace, log: LogId): EpochEntry[] {
  const highest = new Map(place.rows(log, 1, ROWS_MAX, ROWS_MAX).map(({ seq, epoch }) => [seq, epoch]));
  const entries: EpochEntry[] = [];
  for (const [startSeq, epoch] of highest) {
    const before = epochAt(entries, startSeq);
    if (before === undefined || compareEpochs(before, epoch) !== 0) entries.push({ epoch, startSeq });
  }
  return entries;
}

/** Rows are written, and acknowledged, while the index entry above them is still on its way. */
export const indexNotAwaited: ShortCut = ({ clock, below }) => ({
  storage: (storage) => {
    const write = async (batch: readonly StoreWrite[]): Promise<void> => {
      const index = batch.filter(isIndex);
      const land = (): void => void storage.messages.write(index).catch(() => clock.after(100, land));
      if (index.length > 0) clock.after(1 + below(8_000), land);
      const rest = batch.filter((one) => !isIndex(one));
      if (rest.length > 0) await storage.messages.write(rest);
    };
    return withMessages(storage, { write });
  },
});

/** A release whose outcome is unknown is taken back: the shard is served on under the same term. */
export const leaseKept: ShortCut = ({ incarnation, clock }) => {
  let table: ShardTable | undefined;
  let giveUp: ShardTable['giveUp'] | undefined;
  const isRelease = ({ expectIncarnation, next }: OwnerChange): boolean =>
    expectIncarnation === incarnation && next.incarnation === undefined;
  return {
    shards: (shards) => {
      table = shards;
      giveUp = shards.giveUp.bind(shards);
      const floorMs = (): number => clock.now() + 60_000;
      shards.giveUp = (shard, term, _floorMs, endActors) => {
        endActors(shard);
        const next = { term, incarnation: undefined, idFloorMs: floorMs() };
        return { shard, expectTerm: term, expectIncarnation: incarnation, next };
      };
    },
    storage: (storage) => {
      const changeOwners = async (changes: readonly OwnerChange[]): Promise<boolean[]> => {
        try {
          const applied = await storage.ownership.changeOwners(changes);
          changes.forEach((change, at) => {
            if (isRelease(change) && applied[at] === true)
              giveUp?.(change.shard, change.expectTerm, 0, () => undefined);
          });
          return applied;
        } catch (cause) {
          for (const change of changes) if (isRelease(change)) reopen(table, change.shard);
          throw cause;
        }
      };
      return withOwnership(storage, { changeOwners });
    },
  };
};

function reopen(table: ShardTable | undefined, shard: number): void {
  const owned: Map<number, object> | undefined = table && Reflect.get(table, 'owned');
  Object.assign(owned?.get(shard) ?? {}, { closing: false });
}

/** The same object with some of its methods replaced. */
export function instead<Thing extends object>(thing: Thing, methods: Partial<Thing>): Thing {
  const other: Thing = Object.create(thing);
  return Object.assign(other, methods);
}
