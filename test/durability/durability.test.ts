import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { openDataFolder } from '../../src/storage/lmdb/data-folder.js';
import { openLmdb } from '../../src/storage/lmdb/lmdb-storage.js';
import { bodyOf, LOG } from './rows.js';
import { readSyncTrace } from './sync-trace.js';
import { buildWriter, startWriter, type Writer } from './writer-process.js';

// Processes are started and disks are waited for: on a busy machine that takes its time.
vi.setConfig({ testTimeout: 180_000 });

let writerFile: string;
let path: string;
beforeAll(async () => {
  writerFile = await buildWriter();
  return () => rmSync(writerFile);
});
beforeEach(() => {
  path = mkdtempSync(join(tmpdir(), 'parley-durability-'));
});
afterEach(() => rmSync(path, { recursive: true }));

const folder = (): string => join(path, 'data');
const writerArgs = (task: string, first: number, count: number): string[] => [
  writerFile,
  folder(),
  task,
  String(first),
  String(count),
];

/** What a test needs of the system. Where it is missing the test is skipped aloud, and with CI=true it fails. */
function itWith(program: string, ...args: [name: string, run: () => Promise<void>]): void {
  const there = spawnSync(program, ['--version']).status === 0;
  if (!there) process.stderr.write(`SKIPPED: ${program} is not installed, so nothing shows that ${args[0]}\n`);
  it.skipIf(!there && process.env.CI !== 'true')(...args);
}

/** The seqs that the folder holds, each with the very body that was written. */
async function storedSeqs(): Promise<Set<number>> {
  const opened = await openDataFolder(folder(), { now: 1 });
  const storage = await openLmdb({ folder: opened, incarnation: 'reader' });
  const rows = await storage.messages.readRows(LOG, 0, 1e9, 1e9);
  await storage.close();
  await opened.release();
  for (const { seq, body } of rows) expect(Buffer.from(body).equals(bodyOf(seq))).toBe(true);
  return new Set(rows.map(({ seq }) => seq));
}

const lost = (writer: Writer, stored: Set<number>): number[] => writer.acknowledged.filter((seq) => !stored.has(seq));

describe('an acknowledged write', () => {
  itWith('strace', 'resolves after the sync that covers it, seen by the kernel', async () => {
    const trace = join(path, 'trace');
    const calls = 'openat,pwrite64,pwritev,write,writev,fdatasync,fsync';
    const options = ['-f', '-y', '-s', '100000', '-e', `trace=${calls}`, '-o', trace];
    const writer = startWriter('strace', [...options, process.execPath, ...writerArgs('write', 1, 60)]);
    expect(await writer.ended).toBe(0);
    const seen = readFileSync(trace, 'utf8');
    const report = readSyncTrace(seen);
    expect(report.acknowledged.sort((a, b) => a - b)).toEqual(Array.from({ length: 60 }, (_, i) => i + 1));
    expect(report.unsynced).toEqual([]);
    const withoutSync = seen.replaceAll(/fdatasync\((\d+)/g, 'fdatasync(9$1');
    expect(readSyncTrace(withoutSync).unsynced).toHaveLength(60);
  });

  it('is there after its process was killed, ten times in a row, and the folder is free again at once', async () => {
    let first = 1;
    for (let round = 0; round < 10; round++) {
      const writer = startWriter(process.execPath, writerArgs('write', first, 1_000_000));
      await writer.until(() => writer.acknowledged.length >= 20 + 37 * round);
      writer.child.kill('SIGKILL');
      expect(await writer.ended).toBe('SIGKILL');
      const stored = await storedSeqs();
      expect(writer.acknowledged.length).toBeGreaterThanOrEqual(20 + 37 * round);
      expect(lost(writer, stored)).toEqual([]);
      first = Math.max(...stored) + 1;
    }
  });

  it('is not lost or doubled by a second process, which is refused', async () => {
    const writer = startWriter(process.execPath, writerArgs('write', 1, 1_000_000));
    await writer.until(() => writer.acknowledged.length > 10);
    await expect(openDataFolder(folder(), { now: 1 })).rejects.toMatchObject({ reason: 'in_use' });
    const second = startWriter(process.execPath, writerArgs('write', 1, 1));
    expect(await second.ended).toBe(1);
    expect(second.acknowledged).toEqual([]);
    writer.child.kill('SIGKILL');
    await writer.ended;
    expect(lost(writer, await storedSeqs())).toEqual([]);
  });
});

describe('a full disk', () => {
  itWith('prlimit', 'refuses a batch whole, keeps what was acknowledged, and takes it once there is room', async () => {
    const limited = ['--fsize=1000000:unlimited', process.execPath, ...writerArgs('fill', 1, 100_000)];
    const writer = startWriter('prlimit', limited);
    await writer.until(() => writer.said.length > 0);
    expect(writer.said).toEqual(['refused storage_full, 0 kept']);
    const before = writer.acknowledged.length;
    expect(before).toBeGreaterThan(100);
    spawnSync('prlimit', [`--pid=${writer.child.pid}`, '--fsize=unlimited:unlimited']);
    writer.child.stdin.end('there is room\n');
    expect(await writer.ended).toBe(0);
    expect(writer.acknowledged).toHaveLength(before + 2);
    const stored = await storedSeqs();
    expect(lost(writer, stored)).toEqual([]);
    expect(stored.size).toBe(before + 2);
  });
});
