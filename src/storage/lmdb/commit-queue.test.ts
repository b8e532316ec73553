import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { constants, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import type { StoreWrite } from '../../core/store.js';
import { CommitQueue } from './commit-queue.js';
import { type Environment, LIVE, openEnvironment } from './environment.js';
import { hasRoom } from './has-room.js';

let path: string;
let environment: Environment;
let queue: CommitQueue;
beforeEach(async () => {
  path = mkdtempSync(join(tmpdir(), 'parley-commit-'));
  environment = openEnvironment(path);
  queue = new CommitQueue(environment, { commitIntervalMs: 0 });
  await queue.transact(() => environment.fences.putSync(Buffer.from('a'), Buffer.alloc(0), LIVE));
});
afterEach(async () => {
  await environment.root.close();
  rmSync(path, { recursive: true });
});

const batch: StoreWrite[] = [
  { type: 'row', log: 'l', row: { seq: 1, epoch: { term: 1, sub: 0 }, body: new Uint8Array(9) } },
];

/** Makes the next commit fail as the binding does: a general error, with a promise of the telling one. */
function failNextCommit(code: number): void {
  const { ifVersion } = environment.fences;
  environment.fences.ifVersion = () => {
    environment.fences.ifVersion = ifVersion;
    const commitError = Promise.reject(Object.assign(new Error('told by the disk'), { code }));
    return Promise.reject(Object.assign(new Error('Commit failed'), { commitError }));
  };
}

describe('the commit queue', () => {
  it.each(['ENOSPC', 'EFBIG', 'EDQUOT'] as const)('calls %s a full disk, and goes on after it', async (name) => {
    failNextCommit(constants.errno[name]);
    const outcomes = await Promise.allSettled([queue.write('a', batch), queue.write('a', batch)]);
    const reason = { kind: 'storage_full', retryAfterMs: 10_000 };
    expect(outcomes).toMatchObject([{ reason }, { reason }]);
    expect(environment.rows.getCount({})).toBe(0);
    await queue.write('a', batch);
    expect(environment.rows.getCount({})).toBe(1);
  });

  it('takes no more after the disk failed in another way, for what it holds is unknown, and says so once', async () => {
    const broken: ParleyError[] = [];
    queue = new CommitQueue(environment, { commitIntervalMs: 0, onBroken: (error) => broken.push(error) });
    failNextCommit(constants.errno.EIO);
    const told = { kind: 'unavailable', message: 'The message store failed to write: told by the disk.' };
    await expect(queue.write('a', batch)).rejects.toMatchObject(told);
    await expect(queue.write('a', batch)).rejects.toMatchObject(told);
    await expect(queue.transact(() => 1)).rejects.toMatchObject(told);
    expect(broken).toMatchObject([told]);
  });

  it('undoes a step that throws, and hands on what it threw', async () => {
    const step = queue.transact(() => {
      environment.owners.putSync(1, Buffer.alloc(3));
      throw new ParleyError('fenced');
    });
    await expect(step).rejects.toMatchObject({ kind: 'fenced' });
    expect(environment.owners.getCount({})).toBe(0);
    await queue.write('a', batch);
  });

  it('commits the steps and writes of one turn together, and a step sees the step before it', async () => {
    const before = transactionsOf(environment);
    const write = queue.write('a', batch);
    const first = queue.transact(() => environment.owners.putSync(1, Buffer.alloc(3)));
    const second = queue.transact(() => environment.owners.getCount({}));
    await Promise.all([write, first]);
    expect(await second).toBe(1);
    expect(transactionsOf(environment)).toBe(before + 1);
  });

  it('writes one incarnation a transaction, so that a fenced one takes none with it', async () => {
    const outcomes = await Promise.allSettled([queue.write('a', batch), queue.write('b', batch), queue.write('a', [])]);
    expect(outcomes).toMatchObject([{ status: 'fulfilled' }, { reason: { kind: 'fenced' } }, { status: 'fulfilled' }]);
  });
});

function transactionsOf({ root }: Environment): number {
  root.resetReadTxn();
  const stats: { lastTxnId?: number } = root.getStats();
  return stats.lastTxnId ?? Number.NaN;
}

describe('looking for room', () => {
  it('finds it, and leaves the file as long as it was', () => {
    const { dataFile } = environment;
    const { size } = statSync(dataFile);
    expect(hasRoom(dataFile, 3_000_000)).toBe(true);
    expect(statSync(dataFile).size).toBe(size);
  });

  it('asks the file system about what is much', () => {
    expect(hasRoom(environment.dataFile, 2 ** 60)).toBe(false);
  });

  it.runIf(existsSync('/proc/thread-self/io'))('writes little, however much was wanted', () => {
    const written = (): number => Number(/wchar: (\d+)/.exec(readFileSync('/proc/thread-self/io', 'utf8'))?.[1]);
    const before = written();
    expect(hasRoom(environment.dataFile, 100_000_000)).toBe(true);
    expect(written() - before).toBe(4 * 1024 * 1024);
  });
});
