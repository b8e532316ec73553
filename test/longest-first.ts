/** Tests that take minutes begin first, so that no worker is left alone with one at the end. */
import { BaseSequencer, type TestSpecification } from 'vitest/node';

const LONGEST = [
  'test/cluster/faults.server.test.ts',
  'bench/load/load.test.ts',
  'src/storage/cassandra/outages.server.test.ts',
  'test/cluster/survival.server.test.ts',
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
