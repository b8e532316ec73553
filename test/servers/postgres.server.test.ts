import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { findPostgres, POSTGRES_HINT, PostgresServer } from './postgres-server.js';
import { describeWith } from './requirement.js';

describeWith('real PostgreSQL', findPostgres(), POSTGRES_HINT, (bin) => {
  const ask = (server: PostgresServer, statement: string): string =>
    execFileSync(join(bin, 'psql'), ['-XAtq', server.url, '-c', statement], {
      timeout: 1_500,
      stdio: 'pipe',
      encoding: 'utf8',
      env: { ...process.env, PGCONNECT_TIMEOUT: '2' },
    }).trim();

  it('dies and comes back with what was committed, and says nothing while it is paused', async () => {
    const server = await PostgresServer.start(bin);
    try {
      ask(server, 'CREATE TABLE t (n integer); INSERT INTO t VALUES (7)');
      await server.kill();
      expect(() => ask(server, 'SELECT n FROM t')).toThrow();
      await server.start();
      expect(ask(server, 'SELECT n FROM t')).toBe('7');
      server.pause();
      expect(() => ask(server, 'SELECT n FROM t')).toThrow();
      server.resume();
      expect(ask(server, 'SELECT n FROM t')).toBe('7');
      await server.stop();
      await server.start();
      expect(ask(server, 'SELECT n FROM t')).toBe('7');
    } finally {
      await server.remove();
    }
  });
});
