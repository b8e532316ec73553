import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DataFolder, openDataFolder } from './data-folder.js';
import { isLockFile, lockFolder } from './folder-lock.js';
import { FORMAT_VERSION } from './migrations.js';

let base: string;
let path: string;
const opened: DataFolder[] = [];
beforeEach(() => {
  base = mkdtempSync(join(tmpdir(), 'parley-folder-'));
  path = join(base, 'data');
});
afterEach(async () => {
  for (const folder of opened.splice(0)) await folder.release();
  rmSync(base, { recursive: true });
});

async function open(options: Partial<Parameters<typeof openDataFolder>[1]> = {}): Promise<DataFolder> {
  const folder = await openDataFolder(path, { now: 1234, ...options });
  opened.push(folder);
  return folder;
}

function contents(): Record<string, string> {
  const files = readdirSync(path).filter((name) => !isLockFile(name));
  return Object.fromEntries(files.map((name) => [name, readFileSync(join(path, name), 'utf8')]));
}

describe('the data folder', () => {
  it('is made with its parents, and says its format and when it was made', async () => {
    path = join(path, 'deep', 'down');
    await open();
    expect(JSON.parse(contents()['parley.json'] ?? '')).toEqual({ version: FORMAT_VERSION, createdAt: 1234 });
  });

  it('is opened again with what it said before', async () => {
    await (await open()).release();
    expect(await open({ now: 9999 })).toMatchObject({ formatVersion: FORMAT_VERSION, createdAt: 1234 });
  });

  it('refuses a second opening in one sentence, and is free again once released', async () => {
    const folder = await open();
    await expect(open()).rejects.toMatchObject({
      reason: 'in_use',
      message: `Another process uses the data folder ${path}.`,
    });
    await folder.release();
    await open();
  });

  it('of a newer format is refused and left as it is', async () => {
    await (await open({ formatVersion: 7, migrations: [] })).release();
    const before = contents();
    await expect(open()).rejects.toMatchObject({ reason: 'newer', message: expect.stringContaining('format 7') });
    expect(contents()).toEqual(before);
  });

  it('of an older format is migrated step by step, and a step that fails is repeated at the next start', async () => {
    await (await open({ formatVersion: 1 })).release();
    const steps: string[] = [];
    let fails = true;
    const migrations = [2, 1].map((from) => ({
      from,
      run: async () => {
        if (from === 2 && fails) throw new Error('cut short');
        steps.push(`${from} to ${from + 1}`);
      },
    }));
    await expect(open({ formatVersion: 3, migrations })).rejects.toThrow('cut short');
    expect(JSON.parse(contents()['parley.json'] ?? '')).toEqual({ version: 2, createdAt: 1234 });
    fails = false;
    expect(await open({ formatVersion: 3, migrations })).toMatchObject({ formatVersion: 3, createdAt: 1234 });
    expect(steps).toEqual(['1 to 2', '2 to 3']);
  });

  it('that holds other things is refused and left as it is', async () => {
    mkdirSync(path);
    writeFileSync(join(path, 'thesis.txt'), 'mine');
    await expect(open()).rejects.toMatchObject({ reason: 'foreign' });
    expect(readdirSync(path)).toEqual(['thesis.txt']);
  });

  it.each(['', '{', 'null', '[]', '{"version":"1","createdAt":1}', '{"version":0,"createdAt":1}', '{"version":1}'])(
    'with a damaged format file (%j) is refused and left as it is',
    async (text) => {
      mkdirSync(path);
      writeFileSync(join(path, 'parley.json'), text);
      await expect(open()).rejects.toMatchObject({ reason: 'corrupt' });
      expect(contents()).toEqual({ 'parley.json': text });
    },
  );

  it('that cannot be made is refused in one sentence', async () => {
    writeFileSync(path, 'a file');
    await expect(open()).rejects.toMatchObject({ reason: 'inaccessible' });
  });

  it('whose making was cut short is taken as new', async () => {
    mkdirSync(join(path, 'lost+found'), { recursive: true });
    writeFileSync(join(path, 'parley.json.next'), '{"ver');
    expect(await open()).toMatchObject({ formatVersion: FORMAT_VERSION, createdAt: 1234 });
  });
});

const HOLDER = `
const { createServer } = require('node:net');
createServer().listen(process.argv[1], () => process.stdout.write('holds'));
`;

describe('the lock of a folder', () => {
  beforeEach(() => mkdirSync(path));

  it('is had by one of many that ask at once, or by none that stays unnoticed', async () => {
    for (let round = 0; round < 10; round++) {
      const locks = (await Promise.all(Array.from({ length: 8 }, () => lockFolder(path)))).filter(Boolean);
      expect(locks.length).toBeLessThanOrEqual(1);
      for (const lock of locks) await lock?.release();
      const alone = await lockFolder(path);
      expect(alone).toBeDefined();
      await alone?.release();
    }
  });

  it('is released by the system when its holder is killed, and the remains are cleared away', async () => {
    const child = spawn(process.execPath, ['-e', HOLDER, join(path, 'lock-5.sock')], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await lockFolder(path)).toBeUndefined();
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('exit', resolve));
    expect(existsSync(join(path, 'lock-5.sock'))).toBe(true);
    const lock = await lockFolder(path);
    expect(readdirSync(path)).toEqual(['lock-6.sock']);
    await lock?.release();
    expect(readdirSync(path)).toEqual([]);
  });

  it.runIf(process.platform === 'linux')('works where the path is longer than a socket may have', async () => {
    const deep = join(path, 'x'.repeat(100), 'y'.repeat(100));
    mkdirSync(deep, { recursive: true });
    const lock = await lockFolder(deep);
    expect(lock).toBeDefined();
    expect(await lockFolder(deep)).toBeUndefined();
    await lock?.release();
    expect(readdirSync(deep)).toEqual([]);
  });
});
