/** Tests that take long begin first, so that no worker is left alone with one at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONGEST = [
  // on real servers
  'test/cluster/faults.server.test.ts',
  'test/cluster/survival.server.test.ts',
  'consul/consul-membership.server.test.ts',
  'src/storage/cassandra/outages.server.test.ts',
  'test/cluster/push.server.test.ts',
  'test/cluster/moved-in.server.test.ts',
  'test/cluster/admin.server.test.ts',
  'test/search/search-cluster.server.test.ts',
  'test/cluster/join.server.test.ts',
  'src/storage/cassandra/cassandra-storage.server.test.ts',
  // without
  'bench/load/scenarios.test.ts',
  'test/e2e/chat.test.ts',
  'bench/load/load.test.ts',
  'test/e2e/presence.test.ts',
  'test/e2e/search.test.ts',
  'test/crash/crash.test.ts',
  'test/simulation/embedded.test.ts',
  'test/readme/readme.test.ts',
  'test/e2e/account.test.ts',
  'test/simulation/cluster-short-cuts.test.ts',
  'test/process/chat.test.ts',
  'test/process/admin.test.ts',
  'test/process/push.test.ts',
  'test/process/process.test.ts',
];

/** Where a file stands in the list; the others, in vitest's own order, come after it. */
function rankOf({ moduleId }: TestSpecification): number {
  const rank = LONGEST.findIndex((file) => moduleId.endsWith(file));
  return rank === -1 ? LONGEST.length : rank;
}

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    return sorted.sort((one, other) => rankOf(one) - rankOf(other));
  }
}
