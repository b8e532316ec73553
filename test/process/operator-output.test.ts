/** What the command line of operators prints and writes, whatever is in it and wherever it goes. */
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCommand, runInto, startInto } from './command-line.js';
import { OperatedParley } from './operated.js';

const parley = new OperatedParley();

beforeAll(async () => {
  await parley.start();
  await parley.signUp('alice');
});
afterAll(() => parley.end());

describe('what others wrote', () => {
  it('moves no cursor and makes no line in the audit log, in a table or in JSON', async () => {
    const eve = await parley.token('eve', 'viewer');
    const hostile = 'x\u202e\u001b]0;owned\u0007\u009b2J\n2026-01-01 00:00:00.000Z  root  admin  DeleteUser  alice  ok';
    const kept = hostile.replace(/[\p{Cc}\p{Bidi_Control}]/gu, '\ufffd'); // by the audit log
    expect(await parley.operate('users', 'suspend', hostile, '--token', eve)).toMatchObject({ code: 4 });
    const { stdout } = await parley.operate('audit', '--limit', '1');
    expect(stdout).toContain('x\ufffd\ufffd]0;owned\ufffd\ufffd2J\ufffd2026-01-01');
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
    const json = await parley.operate('audit', '--limit', '1', '--json');
    expect(json.stdout).not.toMatch(/\p{Cc}(?!$)/u);
    expect(JSON.parse(json.stdout)).toMatchObject({
      entries: [{ who: 'eve', subject: kept, outcome: 'forbidden' }],
    });
  });
});

describe('the audit log as text', () => {
  it('says that there is more, and by which entry to go on', async () => {
    for (const name of ['nobody1', 'nobody2']) await parley.operate('users', 'suspend', name);
    const first = await parley.operate('audit', '--limit', '1');
    expect(first.stdout).toMatch(/^ *entry {2}when/);
    const [, entry = '', more = ''] = /\n(\d{16}) {2}.* nobody2 .*\n(.*)\n$/.exec(first.stdout) ?? [];
    expect(more).toBe('… more: --before the last entry');
    expect((await parley.operate('audit', '--limit', '1', '--before', entry)).stdout).toContain(' nobody1 ');
  });

  it('says so of accounts only when there are more', async () => {
    await parley.signUp('bob');
    expect((await parley.operate('users', 'list', '--limit', '1')).stdout).toContain('… more: --after the last one');
    expect((await parley.operate('users', 'list', '--limit', '2')).stdout).not.toContain('more');
  });
});

describe('an export', () => {
  it('leaves the file as it was when there is no such user, and is one sentence where no file can be', async () => {
    const file = parley.file('export.jsonl');
    writeFileSync(file, 'of yesterday');
    expect(await parley.operate('users', 'export', 'nobody', '--output', file)).toMatchObject({ code: 5 });
    expect(readFileSync(file, 'utf8')).toBe('of yesterday');
    for (const path of [parley.file('missing/export.jsonl'), parley.data]) {
      const { code, stderr } = await parley.operate('users', 'export', 'alice', '--output', path);
      expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/^parley: [^\n]+\.\n$/) as string });
    }
    expect(await parley.operate('users', 'export', 'alice', '--output', file)).toMatchObject({ code: 0 });
    expect(readFileSync(file, 'utf8')).toMatch(/^\{"kind":"profile"/);
    expect(readdirSync(parley.file('.')).filter((name) => name.includes('.part'))).toEqual([]);
  });
});

describe.runIf(existsSync('/dev/full'))('a full disk where standard output goes', () => {
  it('is one sentence and a code, whatever was to be written', async () => {
    const stderr = 'parley: standard output cannot be written to: ENOSPC: no space left on device, write.\n';
    for (const args of [['status'], ['users', 'export', 'alice']])
      expect([args, await runInto('/dev/full', ...args, '--data', parley.data)]).toEqual([args, { code: 1, stderr }]);
  });

  it('ends no server before it is asked to stop', async () => {
    const data = parley.file('silent');
    const server = startInto('/dev/full', '--port', '0', '--data', data, '--admin-address', '127.0.0.1:0');
    try {
      const status = () => runCommand('status', '--data', data);
      await expect.poll(async () => (await status()).code, { timeout: 20_000 }).toBe(0);
      const closed = once(server, 'close');
      server.kill('SIGTERM');
      expect(await closed).toEqual([0, null]);
    } finally {
      server.kill('SIGKILL');
    }
  });
});
