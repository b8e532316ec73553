import { mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { build } from 'esbuild';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kindOf, people } from '../conformance/harness.js';
import { createPasswordHasher } from '../passwords/argon2-password-hasher.js';
import { startHashingThread } from '../passwords/hashing-thread.js';
import { openSqliteDirectory } from './sqlite-directory.js';

/** The workers as they run in production: compiled, in threads of their own. */
let folder = '';
beforeAll(async () => {
  // Inside the project, so that the compiled workers find its packages.
  mkdirSync('.cache', { recursive: true });
  folder = mkdtempSync(resolve('.cache/threads-'));
  const entryPoints = ['sqlite', 'passwords'].map((part) => ({
    in: `src/directory/${part}/worker.ts`,
    out: `${part}-worker`,
  }));
  const common = { bundle: true, platform: 'node', format: 'esm', logLevel: 'error' } as const;
  await build({ ...common, entryPoints, outdir: folder, outExtension: { '.js': '.mjs' }, packages: 'external' });
});
afterAll(() => rmSync(folder, { recursive: true }));
const worker = (name: string): URL => pathToFileURL(join(folder, `${name}-worker.mjs`));

describe('the directory in a thread of its own', () => {
  it('keeps what it was told, in a file that only its owner reads, and ends when it is closed', async () => {
    const file = join(folder, 'kept.sqlite');
    const directory = await openSqliteDirectory({ file, worker: worker('sqlite') });
    await people(directory, 'alice', 'bob');
    await directory.friends.block('alice', 'bob');
    expect(await kindOf(directory.accounts.create({ userId: 'alice', passwordHash: 'h' }))).toBe('name_taken');
    await directory.close();
    expect(await kindOf(directory.accounts.passwordHashOf('alice'))).toBe('unavailable');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    const again = await openSqliteDirectory({ file, worker: worker('sqlite') });
    expect((await again.people.factsOf('alice'))?.blocked).toEqual(new Set(['bob']));
    await again.close();
  });

  it('refuses what is no database with a sentence', async () => {
    const file = join(folder, 'foreign.sqlite');
    writeFileSync(file, 'a shopping list, '.repeat(100));
    await expect(openSqliteDirectory({ file, worker: worker('sqlite') })).rejects.toThrow('is not a database');
  });

  it('is unavailable when its thread cannot start', async () => {
    const file = join(folder, 'unused.sqlite');
    expect(await kindOf(openSqliteDirectory({ file, worker: worker('missing') }))).toBe('unavailable');
  });
});

describe('passwords in threads of their own', () => {
  it('hash and verify', async () => {
    const hasher = createPasswordHasher({ startThread: () => startHashingThread(worker('passwords')) });
    const hash = await hasher.hash('correct horse');
    expect(await Promise.all([hasher.verify('correct horse', hash), hasher.verify('other', hash)])).toEqual([
      true,
      false,
    ]);
    await hasher.close();
  });

  it('are unavailable when a thread cannot start', async () => {
    const hasher = createPasswordHasher({ startThread: () => startHashingThread(worker('missing')) });
    expect(await kindOf(hasher.hash('correct horse'))).toBe('unavailable');
    await hasher.close();
  });
});
