import { execFileSync } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runCommand, runUnread } from './command-line.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

const folder = temporaryFolder();
const data = join(folder.path, 'data');
let parley: ParleyProcess;

const operate = (...args: readonly string[]): Promise<Ran> => runCommand(...args, '--data', data);

async function answer(...args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await operate(...args, '--json');
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout) as Record<string, unknown>;
}

async function post(path: string, body: object, token?: string): Promise<Record<string, unknown>> {
  const authorization = token === undefined ? {} : { authorization: `Bearer ${token}` };
  const headers = { 'content-type': 'application/json', ...authorization };
  const response = await fetch(`${parley.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}

beforeAll(async () => {
  parley = await ParleyProcess.start('--port', '0', '--data', data);
  await post('/v1/accounts', { userId: 'alice', password: 'correct horse battery' });
});
afterAll(async () => {
  await parley.signal('SIGKILL');
  folder.remove();
});

describe('the command line of operators', () => {
  it('finds the server and a token that only its owner may read in the data folder', async () => {
    expect(statSync(join(data, 'admin-tokens.json')).mode & 0o777).toBe(0o600);
    expect(readFileSync(join(data, 'admin-address'), 'utf8')).toMatch(/^127\.0\.0\.1:\d+\n$/);
    const { form, processes, silent } = await answer('status');
    expect({ form, silent }).toEqual({ form: 'embedded', silent: [] });
    expect(processes).toMatchObject([
      { name: 'embedded', roles: ['gateway', 'node', 'api', 'push', 'admin'], shards: 4096 },
    ]);
  });

  it('is silent when whoever reads has seen enough', async () => {
    for (const args of [['--help'], ['completion'], ['status', '--data', data]]) {
      const { code, stderr } = await runUnread(...args);
      expect([args, code, stderr]).toEqual([args, 0, '']);
    }
  });

  it('shows a table to people', async () => {
    const { code, stdout } = await operate('status');
    expect(code).toBe(0);
    expect(stdout).toMatch(/process +roles/);
    expect(stdout).toContain('embedded');
  });

  it('says where an actor is, and what it says of itself once it is awake', async () => {
    const asleep = await answer('where', 'user:alice');
    expect(asleep).toMatchObject({ actor: 'user:alice', ownerName: 'embedded', term: 1, activation: null });
    const awake = await answer('where', 'user:alice', '--activate');
    expect(awake).toMatchObject({ shard: asleep.shard, activation: { state: 'running', facts: { account: 'known' } } });
    expect(await answer('actors', 'user:')).toMatchObject({ actors: [{ actor: 'user:alice', sub: 1 }], more: false });
  });

  it('ends with a code that says what was wrong, and one sentence', async () => {
    const cases: readonly (readonly [number, RegExp, ...string[]])[] = [
      [1, /^parley: An actor is .*invalid_argument, 1004/, 'where', 'nobody'],
      [2, /unknown option/, 'status', '--loudly'],
      [2, /missing required argument/, 'where'],
      [2, /^parley: Name a session, or a user/, 'disconnect'],
      [2, /^parley: Name a session, or a user/, 'disconnect', '--device', 'phone'],
      [2, /^parley: --ca: there is nothing to read at \/nowhere\.pem/, 'status', '--ca', '/nowhere.pem'],
      [2, /unknown command 'stat'.*\n.*status/, 'stat'],
      [2, /^Usage: parley/, '--json'],
      [3, /^parley: Nobody answers at 127\.0\.0\.1:1/, 'status', '--address', '127.0.0.1:1'],
      [4, /unauthenticated, 2001/, 'status', '--token', 'wrong'],
      [5, /^parley: There is no such session/, 'disconnect', 'nosuchsession'],
    ];
    for (const [code, sentence, ...args] of cases) {
      expect(await operate(...args)).toMatchObject({
        code,
        stdout: '',
        stderr: expect.stringMatching(sentence) as string,
      });
    }
  });

  it('takes its flags before the command, too, and the word help', async () => {
    const { code, stdout } = await runCommand('--json', '--data', data, 'status');
    expect({ code, ...(JSON.parse(stdout) as object) }).toMatchObject({ code: 0, form: 'embedded' });
    expect(await runCommand('help', 'status')).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('status') as string,
    });
  });

  it('takes nothing from whoever shows no token, not even a look', async () => {
    const address = readFileSync(join(data, 'admin-address'), 'utf8').trim();
    for (const args of [['status'], ['users', 'list'], ['users', 'delete', 'alice'], ['events', '--for', '1']]) {
      const ran = await runCommand(...args, '--address', address, '--data', folder.path);
      expect(ran).toMatchObject({ code: 4, stderr: expect.stringContaining('unauthenticated, 2001') as string });
    }
    expect(await answer('users', 'show', 'alice')).toMatchObject({ state: 'active' });
  });

  it('gives a viewer what a viewer may, and nothing above, with no effect', async () => {
    const made = await operate('token', join(data, 'admin-tokens.json'), 'eve', 'viewer');
    const token = made.stdout.trim();
    expect((await operate('status', '--token', token)).code).toBe(0);
    const refused = await operate('sessions', '--token', token);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('forbidden, 2003') as string });
  });

  it('suspends a user, who is logged out and may not log in, and restores them', async () => {
    const account = { userId: 'bob', password: 'correct horse battery' };
    const { accessToken } = await post('/v1/accounts', account);
    expect(await answer('users', 'suspend', 'bob')).toMatchObject({ userId: 'bob', state: 'suspended' });
    expect(await post('/v1/sessions', account)).toMatchObject({ error: { name: 'account_suspended', code: 3504 } });
    const send = { send: { userId: 'alice', clientMessageId: 'x1', base: 0, message: { text: 'no' } } };
    const sent = await post('/v1/request', { requestId: 1, ...send }, String(accessToken));
    expect(JSON.stringify(sent)).toContain('error');
    expect(await answer('users', 'list', 'b')).toMatchObject({ users: [{ userId: 'bob', state: 'suspended' }] });
    await answer('users', 'restore', 'bob');
    expect(await post('/v1/sessions', { ...account, deviceId: 'phone' })).toMatchObject({ deviceId: 'phone' });
    expect(await answer('users', 'show', 'bob')).toMatchObject({ devices: [{ deviceId: 'phone' }] });
    expect(await answer('users', 'revoke', 'bob', '--device', 'phone')).toEqual({ deviceIds: ['phone'] });
    expect((await operate('users', 'show', 'nobody')).code).toBe(5);
  });

  it('exports what a user has said and been told, then deletes the user, who leaves the groups; the name stays taken', async () => {
    const account = { userId: 'carol', password: 'correct horse battery' };
    const token = String((await post('/v1/accounts', account)).accessToken);
    const group = { kind: 'GROUP', name: 'Tea', idempotencyKey: 'k1', members: ['alice'] };
    const { channelId } = await post('/v1/channels', group, token);
    await expect.poll(async () => (await answer('channels', 'carol')).channels, { timeout: 10_000 }).toHaveLength(1);
    const file = join(folder.path, 'carol.jsonl');
    expect((await operate('users', 'export', 'carol', '--output', file)).code).toBe(0);
    const records = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { kind: string });
    expect(records.map(({ kind }) => kind)).toEqual(['profile', 'settings', 'device', 'channel', 'event']);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await answer('users', 'delete', 'carol')).toMatchObject({ state: 'deleted' });
    expect(await post('/v1/accounts', account)).toMatchObject({ error: { name: 'name_taken' } });
    const facts = async () => {
      const place = await answer('where', `channel:${String(channelId)}`, '--activate');
      return (place.activation as { facts: { members: string } }).facts.members;
    };
    expect(await facts()).toBe('1');
    expect(await answer('users', 'delete', 'carol')).toMatchObject({ state: 'deleted' });
    expect((await operate('users', 'delete', 'nobody')).code).toBe(5);
  });

  it('deletes a user to whom nothing more is said, and of whom nothing is left', async () => {
    const account = { userId: 'dora', password: 'correct horse battery' };
    const token = String((await post('/v1/accounts', account)).accessToken);
    const erin = String((await post('/v1/accounts', { ...account, userId: 'erin' })).accessToken);
    const say = (to: string, clientMessageId: string, from: string) =>
      post(
        '/v1/request',
        { requestId: 1, send: { userId: to, clientMessageId, base: 0, message: { text: 'hm' } } },
        from,
      );
    expect(await say('erin', 'd1', token)).toMatchObject({ sendAck: { seq: 2 } });
    await answer('users', 'delete', 'dora');
    expect(await say('dora', 'e1', erin)).toMatchObject({ error: { name: 'user_not_found', code: 3003 } });
    const place = await answer('where', 'user:dora', '--activate');
    expect(place.activation).toMatchObject({ facts: { account: 'deleted', channels: '0' } });
    expect(await answer('verify', 'dora', 'erin')).toMatchObject({ breachesFound: 0 });
  });

  it('refuses to drain, cordon or move what is the only process, with a code and no effect', async () => {
    const cases = [
      ['not_clustered, 3503', 'drain', 'embedded', '--wait'],
      ['not_clustered, 3503', 'cordon', 'embedded'],
      ['not_clustered, 3503', 'move', '7', 'embedded'],
      ['not_clustered, 3503', 'weight', 'embedded', '2'],
    ];
    for (const [said = '', ...args] of cases)
      expect(await operate(...args)).toMatchObject({ code: 1, stderr: expect.stringContaining(said) as string });
    expect((await operate('drain', 'nobody')).code).toBe(5);
  });

  it('writes down who did what, with what outcome, and what was refused', async () => {
    const token = (await operate('token', join(data, 'admin-tokens.json'), 'oscar', 'operator')).stdout.trim();
    expect((await operate('users', 'delete', 'alice', '--token', token)).code).toBe(4);
    await operate('users', 'suspend', 'nobody');
    const { entries } = (await answer('audit', '--limit', '2')) as { entries: object[] };
    expect(entries).toMatchObject([
      { who: 'root', role: 'admin', action: 'SuspendUser', subject: 'nobody', outcome: 'user_not_found' },
      { who: 'oscar', role: 'operator', action: 'DeleteUser', subject: 'alice', outcome: 'forbidden' },
    ]);
    expect(await answer('users', 'show', 'alice')).toMatchObject({ state: 'active' });
    expect((await operate('audit', '--token', token)).code).toBe(4);
  });

  it('completes its commands in bash', async () => {
    const { stdout } = await operate('completion');
    const ask = `${stdout}COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _parley_by_npx; echo "\${COMPREPLY[@]}"`;
    const line = ['npx', 'parley', 'users', 're'];
    expect(execFileSync('bash', ['-c', ask, 'bash', ...line], { encoding: 'utf8' })).toBe('restore revoke\n');
  });
});
