import { it } from 'vitest';
import { describeWith } from '../../../test/servers/requirement.js';
import type { Storage } from '../../core/store.js';
import { type ConformancePlace, STORAGE_CONFORMANCE } from '../conformance.js';
import { newKeyspace, openTestStore } from './testing.js';

const address = process.env.PARLEY_CASSANDRA;
const HINT = 'Name a Cassandra of one node that may be filled, `host:port`, in PARLEY_CASSANDRA.';

function cassandraPlace(address: string, keyspace: string): ConformancePlace & { closeAll(): Promise<void> } {
  const handles: Storage[] = [];
  return {
    fencesWrites: false,
    open: async () => {
      const storage = await openTestStore([address], keyspace);
      handles.push(storage);
      return storage;
    },
    closeAll: async () => {
      for (const handle of handles) await handle.close();
    },
  };
}

describeWith('the Cassandra store', address, HINT, (found) => {
  it.each(STORAGE_CONFORMANCE.map((check) => [check.name, check] as const))('%s', async (_name, check) => {
    const place = cassandraPlace(found, newKeyspace());
    try {
      await check.run(place);
    } finally {
      await place.closeAll();
    }
  });
});
