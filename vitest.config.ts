import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';

/** Their tests stand beside the source. */
const unitRooms = ['src', 'client', 'cli', 'web', 'bench', 'checker'];
const rooms = [...unitRooms, 'test'];
const SERVER_TESTS = rooms.map((room) => `${room}/**/*.server.test.ts`);
const LONG_TESTS = rooms.map((room) => `${room}/**/*.long.test.ts`);
/** What plays whole programs, or mocks modules: nothing that it does may be seen by another file. */
const WHOLE_TESTS = ['test/**/*.test.ts', 'bench/load/load.test.ts', 'bench/load/scenarios.test.ts'];

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    minWorkers: 1,
    sequence: { sequencer: LongestFirst },
    poolOptions: { threads: { isolate: false, minThreads: 1, maxThreads: 2 } }, // with three, vitest 3.2 ends one that is at work
    projects: [
      {
        extends: true,
        test: {
          name: 'quick-units', // modules are loaded once a thread: for each file anew costs more than all these tests
          include: unitRooms.map((room) => `${room}/**/*.test.ts`),
          exclude: ['**/node_modules/**', 'dist/**', ...SERVER_TESTS, ...LONG_TESTS, ...WHOLE_TESTS],
          pool: 'threads', // the isolation of a pool is that of all projects in it; forks isolate
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'quick-whole', // each file in a process of its own
          include: WHOLE_TESTS,
          exclude: ['**/node_modules/**', 'dist/**', ...SERVER_TESTS, ...LONG_TESTS],
          sequence: { groupOrder: 1 }, // not beside the threads, which would make four workers of two
        },
      },
      {
        extends: true,
        test: {
          name: 'servers', // real Consul, NATS, Cassandra, PostgreSQL
          globalSetup: 'test/servers/shared-servers.ts', // for the files that start none of their own
          include: SERVER_TESTS,
          exclude: ['**/node_modules/**', 'dist/**'],
          testTimeout: 120_000, // a start takes seconds, and many of them on a busy machine
          hookTimeout: 180_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'long', // what `make faults` adds: minutes each, on three nodes of Cassandra, and the figures
          include: LONG_TESTS,
          exclude: ['**/node_modules/**', 'dist/**'],
          testTimeout: 900_000,
          hookTimeout: 300_000,
        },
      },
    ],
  },
});
