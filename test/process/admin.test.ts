import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { OPERATOR_COMMANDS } from '../../cli/names.js';
import { createProgram } from '../../cli/program.js';
import { type Ran, runCommand } from './command-line.js';
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
    expect(processes).toMatchObject([{ name: 'embedded', roles: ['gateway', 'node', 'api', 'admin'], shards: 4096 }]);
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
      [3, /^parley: Nobody answers at 127\.0\.0\.1:1/, 'status', '--address', '127.0.0.1:1'],
      [4, /unauthenticated, 2001/, 'status', '--token', 'wrong'],
      [5, /^parley: There is no such session/, 'disconnect', 'nosuchsession'],
    ];
    for (const [code, sentence, ...args] of cases) {
      expect(await operate(...args)).toMatchObject({ code, stderr: expect.stringMatching(sentence) as string });
    }
  });

  it('gives a viewer what a viewer may, and nothing above, with no effect', async () => {
    const made = await operate('token', join(data, 'admin-tokens.json'), 'eve', 'viewer');
    const token = made.stdout.trim();
    expect((await operate('status', '--token', token)).code).toBe(0);
    const refused = await operate('sessions', '--token', token);
    expect(refused).toMatchObject({ code: 4, stderr: expect.stringContaining('forbidden, 2003') as string });
  });

  it('knows by name all the commands there are', () => {
    const program = createProgram(() => undefined);
    expect(program.commands.map((command) => command.name()).sort()).toEqual([...OPERATOR_COMMANDS].sort());
  });
});
