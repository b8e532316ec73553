import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/longest-first.js';

const rooms = ['src', 'client', 'cli', 'web', 'bench', 'test'];
const SERVER_TESTS = rooms.map((room) => `${room}/**/*.server.test.ts`);
const LONG_TESTS = rooms.map((room) => `${room}/**/*.long.test.ts`);

export default defineConfig({
  test: {
    testTimeout: 30_000,
    hookTimeout: 60_000,
    maxWorkers: 2,
    minWorkers: 1,
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: rooms.map((room) => `${room}/**/*.test.ts`),
          exclude: ['**/node_modules/**', 'dist/**', ...SERVER_TESTS, ...LONG_TESTS],
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
