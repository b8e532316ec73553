import { describe, expect, it } from 'vitest';
import {
  LOG_GAP_MAX,
  type LogRow,
  type MessageStore,
  type OwnershipStore,
  type Storage,
  type StoreWrite,
} from '../core/store.js';
import { type ConformancePlace, STORAGE_CONFORMANCE } from './conformance.js';
import { MemoryPlace } from './memory/memory-place.js';
import { openMemory } from './memory/memory-storage.js';

function memoryPlace(place = new MemoryPlace(), breaks?: (storage: Storage) => Storage): ConformancePlace {
  return {
    fencesWrites: true,
    open: async (incarnation) => {
      const storage = openMemory({ place, incarnation });
      return breaks ? breaks(storage) : storage;
    },
  };
}

class OtherPlace extends MemoryPlace {
  private readonly rewrite: (write: StoreWrite) => StoreWrite[];
  constructor(rewrite: (write: StoreWrite) => StoreWrite[]) {
    super();
    this.rewrite = rewrite;
  }
  override apply(batch: readonly StoreWrite[]): void {
    super.apply(batch.flatMap(this.rewrite));
  }
}

/** A place that changes what it is told to write. */
const writing = (rewrite: (write: StoreWrite) => StoreWrite[]) => memoryPlace(new OtherPlace(rewrite));

const owning = (change: (ownership: OwnershipStore) => Partial<OwnershipStore>) =>
  memoryPlace(new MemoryPlace(), (storage) => ({
    ...storage,
    ownership: { ...storage.ownership, ...change(storage.ownership) },
  }));

const reading = (change: (messages: MessageStore) => Partial<MessageStore>) =>
  memoryPlace(new MemoryPlace(), (storage) => ({
    ...storage,
    messages: { ...storage.messages, ...change(storage.messages) },
  }));

let counter = 1e6;
const newest = () => ({ term: 1000, sub: 0, counter: counter++ });
const erased = (value: Uint8Array) => new Uint8Array(value.length);

/** Each breaks one promise of the ports. */
const BROKEN: Record<string, () => ConformancePlace> = {
  'lets the latest record win, whatever its version': () =>
    writing((write) =>
      write.type === 'record' ? [{ ...write, record: { ...write.record, version: newest() } }] : [write],
    ),
  'orders versions by counter alone': () =>
    writing((write) =>
      write.type === 'record'
        ? [{ ...write, record: { ...write.record, version: { ...write.record.version, term: 0, sub: 0 } } }]
        : [write],
    ),
  'forgets removals': () => writing((write) => (write.type === 'unrecord' ? [] : [write])),
  'removes without a tombstone': () => {
    const removed = new Set<string>();
    return writing((write) => {
      if (write.type === 'unrecord') removed.add(`${write.partition}/${write.key}`);
      if (write.type !== 'record' || !removed.delete(`${write.partition}/${write.record.key}`)) return [write];
      return [{ ...write, record: { ...write.record, version: newest() } }];
    });
  },
  'removes whatever the version': () =>
    writing((write) => (write.type === 'unrecord' ? [{ ...write, version: newest() }] : [write])),
  'loses epochs': () => writing((write) => (write.type === 'epoch' ? [] : [write])),
  'tells the first page of logs again and again': () =>
    reading((inner) => ({ readLogs: async (_after, limit) => inner.readLogs('', limit) })),
  'keeps the newest epoch only': () =>
    reading((inner) => ({ readEpochs: async (log) => (await inner.readEpochs(log)).slice(-1) })),
  'ignores the epoch of a row': () =>
    writing((write) =>
      write.type === 'row' ? [{ ...write, row: { ...write.row, epoch: { term: 1, sub: 0 } } }] : [write],
    ),
  'keeps a row each time it is written': () =>
    reading((inner) => {
      const again = new Set<string>();
      const keyOf = (log: string, { seq, epoch }: LogRow) => JSON.stringify([log, seq, epoch]);
      const twice = new Set<string>();
      return {
        write: async (batch) => {
          for (const write of batch) {
            if (write.type !== 'row') continue;
            const key = keyOf(write.log, write.row);
            if (again.has(key)) twice.add(key);
            again.add(key);
          }
          await inner.write(batch);
        },
        readRows: async (log, ...range) =>
          (await inner.readRows(log, ...range)).flatMap((row) => (twice.has(keyOf(log, row)) ? [row, row] : [row])),
      };
    }),
  'ends a read at a small gap': () =>
    reading((inner) => ({
      readRows: async (...args) => {
        const rows = await inner.readRows(...args);
        const end = rows.findIndex(({ seq }, at) => seq > (rows[at - 1]?.seq ?? args[1]) + LOG_GAP_MAX - 2);
        return end < 0 ? rows : rows.slice(0, end);
      },
    })),
  'reads no further than one bucket': () =>
    reading((inner) => ({
      readRows: (log, from, to, limit) => inner.readRows(log, from, Math.min(to, from - (from % 4096) + 4096), limit),
    })),
  'forgets every removal of what comes and goes': () =>
    writing((write) => (write.type === 'unrecord' && write.partition.startsWith('active/') ? [] : [write])),
  'lets the record win over its removal': () => {
    const versions = new Map<string, string>();
    return writing((write) => {
      if (write.type === 'record') {
        versions.set(`${write.partition}/${write.record.key}`, JSON.stringify(write.record.version));
      }
      if (write.type !== 'unrecord') return [write];
      return versions.get(`${write.partition}/${write.key}`) === JSON.stringify(write.version) ? [] : [write];
    });
  },
  'forgets bodies': () =>
    writing((write) =>
      write.type === 'row' ? [{ ...write, row: { ...write.row, body: erased(write.row.body) } }] : [write],
    ),
  'gives rows in descending order': () =>
    reading((inner) => ({ readRows: async (...args) => (await inner.readRows(...args)).reverse() })),
  'includes toSeq': () =>
    reading((inner) => ({ readRows: (log, from, to, limit) => inner.readRows(log, from, to + 1, limit) })),
  'leaves out fromSeq': () =>
    reading((inner) => ({ readRows: (log, from, to, limit) => inner.readRows(log, from + 1, to, limit) })),
  'ignores the limit of rows': () =>
    reading((inner) => ({ readRows: (log, from, to) => inner.readRows(log, from, to, 1e9) })),
  'includes afterKey': () =>
    reading((inner) => ({
      readRecords: async (partition, afterKey, limit) => {
        const all = await inner.readRecords(partition, '', 1e9);
        return all.filter(({ key }) => key >= afterKey).slice(0, limit);
      },
    })),
  'orders keys as UTF-16': () =>
    reading((inner) => ({
      readRecords: async (partition, afterKey, limit) => {
        const all = await inner.readRecords(partition, '', 1e9);
        const after = all.filter(({ key }) => key > afterKey);
        return after.sort((a, b) => (a.key < b.key ? -1 : 1)).slice(0, limit);
      },
    })),
  'does not trim': () => writing((write) => (write.type === 'trim' ? [] : [write])),
  'trims one too many': () =>
    writing((write) => (write.type === 'trim' ? [{ ...write, belowSeq: write.belowSeq + 1 }] : [write])),
  'lets a fenced incarnation live again': () => owning(() => ({ insertFence: async () => undefined })),
  'does not fence what never was': () =>
    owning((inner) => ({ fence: async (name) => (await inner.readFence(name)) && inner.fence(name) })),
  'writes for the fenced': () => ({
    ...memoryPlace(),
    open: sharedOpen((place, incarnation) => openMemory({ place, incarnation, fencesWrites: false })),
  }),
  'claims whatever the owner': () =>
    owning((inner) => ({
      changeOwners: async (changes) => {
        const rows = await inner.readOwners();
        return inner.changeOwners(
          changes.map((change) => {
            const row = rows.find(({ shard }) => shard === change.shard);
            return { ...change, expectTerm: row?.term ?? 0, expectIncarnation: row?.incarnation };
          }),
        );
      },
    })),
  'finds no single owner': () => owning(() => ({ readOwner: async () => undefined })),
  'claims by a read and then a write': () =>
    owning((inner) => ({
      changeOwners: async (changes) => {
        const rows = await inner.readOwners();
        await Promise.resolve();
        return changes.map((change) => {
          const row = rows.find(({ shard }) => shard === change.shard);
          return (row?.term ?? 0) === change.expectTerm && row?.incarnation === change.expectIncarnation;
        });
      },
    })),
  'is empty when it is opened again': () => ({
    ...memoryPlace(),
    open: async (incarnation) => openMemory({ incarnation }),
  }),
};

function sharedOpen(open: (place: MemoryPlace, incarnation: string) => Storage) {
  const place = new MemoryPlace();
  return async (incarnation: string) => open(place, incarnation);
}

describe('the conformance suite', () => {
  it.each(Object.entries(BROKEN))('catches a store that %s', async (_name, broken) => {
    const failed: string[] = [];
    for (const check of STORAGE_CONFORMANCE) await check.run(broken()).catch(() => failed.push(check.name));
    expect(failed).not.toEqual([]);
    expect(failed.length).toBeLessThan(STORAGE_CONFORMANCE.length);
  });
});

describe('the memory store', () => {
  it.each(STORAGE_CONFORMANCE.map((check) => [check.name, check] as const))('%s', (_name, check) =>
    check.run(memoryPlace()),
  );
});
