// What the README tells each kind of people to type is typed here, on a fresh data folder: sizes are made small by the
// options that the README names. `make` runs without its `build`, which the tests need anyhow.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ParleyProcess, temporaryFolder } from '../process/parley.js';
import { blocksOf, commandsOf, shellBlocks } from './blocks.js';
import { compile, runModule } from './snippet.js';

const README = readFileSync('README.md', 'utf8');
const DEADLINE_MS = 120_000;
const folder = temporaryFolder();
const data = join(folder.path, 'data');
const results = join(folder.path, 'results');
let parley: ParleyProcess;

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

/** As somebody types it in the folder of the project. */
async function type(commands: string, given: Readonly<Record<string, string>> = {}): Promise<Ran> {
  // `make` tells the makes below it how it was called; these here are not below it.
  const { MAKEFLAGS: _, MAKELEVEL: __, MFLAGS: ___, ...environment } = process.env;
  const shell = spawn('bash', ['-eu', '-o', 'pipefail', '-c', commands], { env: { ...environment, ...given } });
  let output = '';
  for (const stream of [shell.stdout, shell.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => {
      output += text;
    });
  await once(shell, 'close');
  return { code: shell.exitCode, output };
}

const commandsUnder = (heading: string): readonly string[] => shellBlocks(README, heading).flatMap(commandsOf);

/** Commands that go on until they are interrupted. */
const ENDLESS = ['npx parley events'];
/** What `timeout` ends with when it had to interrupt. */
const INTERRUPTED = 124;
/** What `npx parley` comes to, without the second of processor time that npm takes to find it out. */
const PARLEY = JSON.parse(readFileSync('package.json', 'utf8')).bin.parley as string;
const interrupted = (command: string, typed: string): string =>
  ENDLESS.includes(command) ? `timeout -s INT 5 ${typed}` : typed;

const here = (command: string): string =>
  command.replaceAll('http://127.0.0.1:8080', parley.origin).replace(/^make /, 'make -o build ');

/** `options` beside those that the README gives. */
function withOptions(command: string, options: string): string {
  return command.includes('ARGS="') ? command.replace('ARGS="', `ARGS="${options} `) : `${command} ARGS="${options}"`;
}

async function signUp(userId: string): Promise<void> {
  const body = JSON.stringify({ userId, password: 'correct horse battery' });
  const headers = { 'content-type': 'application/json' };
  const answer = await fetch(`${parley.origin}/v1/accounts`, { method: 'POST', headers, body });
  expect(answer.status).toBe(201);
}

beforeAll(async () => {
  parley = await ParleyProcess.start('--port', '0', '--data', data, '--log-level', 'warn');
  await signUp('alice');
  await signUp('mallory');
});
afterAll(async () => {
  const { code } = await parley.signal('SIGINT');
  folder.remove();
  expect(code).toBe(0);
});

describe('the README', { timeout: DEADLINE_MS }, () => {
  it('starts the whole system as it says, and ends it with 0', async () => {
    expect(commandsUnder('The two commands')).toEqual(['make run', 'make test']);
    const run = spawn('make', ['-o', 'build', 'run', `ARGS=--port 0 --data ${join(folder.path, 'run')}`], {
      detached: true, // a group of its own: Ctrl-C goes to all of it
    });
    let output = '';
    run.stdout.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (text.includes('Parley is ready')) process.kill(-(run.pid ?? 0), 'SIGINT');
    });
    await once(run, 'close');
    expect(output).toMatch(/http:\/\/127\.0\.0\.1:\d+[\s\S]*Parley is stopping/);
  });

  it('tells those who chat how to sign up, write, read and search from a shell', async () => {
    const [block = ''] = shellBlocks(README, 'For the people who chat');
    const { code, output } = await type(here(block));
    expect(code, output).toBe(0);
    expect(output).toContain('"sendAck"');
    expect(output).toMatch(/"frames":\[\{"deliveries"/);
    expect(output).toContain('hello from a shell');
    expect(output).toContain('"highlights"');
  });

  it('tells those who program how to do the same with the SDK, as often as they like', async () => {
    const [block = ''] = blocksOf('ts', README, 'For the people who chat');
    const after = 'console.log(JSON.stringify(items));\nprocess.exit(0);\n';
    const module = compile(here(block) + after);
    for (let time = 0; time < 2; time++) {
      const { code, output } = await runModule(module);
      expect(code, output).toBe(0);
      expect(output).toContain('"highlights"');
      expect(output).toContain('hello');
    }
  });

  it('tells operators commands that do what it says of them', async () => {
    const expected: Readonly<Record<string, readonly [code: number, words: string]>> = {
      'npx parley status': [0, 'embedded'],
      'npx parley where user:alice': [0, 'user:alice'],
      'npx parley top': [0, 'embedded'],
      'npx parley users suspend mallory': [0, 'suspended'],
      'npx parley drain node-2 --wait': [5, 'no living process'], // one process has no such node
      'npx parley trace 7130316825168447553': [5, 'message_not_found'], // who types it has an id of their own
      'npx parley verify': [0, 'no breach'],
      'npx parley events': [INTERRUPTED, ''],
      'npx parley notice set "Back at noon" --for 2h': [0, 'Back at noon'],
      'npx parley audit': [0, 'mallory'],
    };
    const commands = commandsUnder('For operators');
    expect(commands).toEqual(expect.arrayContaining(Object.keys(expected)));
    const address = readFileSync(join(data, 'admin-address'), 'utf8').trim();
    const place = { PARLEY_ADMIN_ADDRESS: address, PARLEY_ADMIN_TOKENS: join(data, 'admin-tokens.json') };
    const asWritten = commands[0]; // npm need not show for each of them that it finds the program
    const demand = async (command: string): Promise<void> => {
      const [code, words] = expected[command] ?? [0, ''];
      const typed = command === asWritten ? command : command.replace(/^npx parley /, `node ${PARLEY} `);
      expect({ command, ...(await type(interrupted(command, typed), place)) }).toEqual({
        command,
        code,
        output: expect.stringContaining(words) as string,
      });
    };
    const inTurn = async (some: readonly string[]): Promise<void> => {
      for (const command of some) await demand(command);
    };
    const endless = commands.filter((command) => ENDLESS.includes(command));
    await Promise.all([inTurn(endless), inTurn(commands.filter((command) => !ENDLESS.includes(command)))]);
  });

  it('tells load testers commands that play, judge and compare loads', async () => {
    const commands = commandsUnder('For load testers').filter((command) => !command.includes('COMPARE='));
    const plays = commands.filter((command) => command.includes('SCENARIO='));
    const port = 20_000 + (process.pid % 5_000);
    const small = (command: string, at: number): string => {
      const users = command.includes('TARGET=') ? 40 : 120; // who is not the bench's own signs up with a password
      const options = `--users ${users} --seconds 2 --rate-factor 0.05 --results ${results} --port ${port + 20 * at}`;
      return withOptions(here(command), options);
    };
    const played = await Promise.all(plays.map((command, at) => type(small(command, at))));
    for (const [at, { code, output }] of played.entries()) {
      expect(code, `${plays[at]}\n${output}`).toBe(0);
      expect(output).toContain('broken: G1 0, G2 0, G3 0, G4 0');
    }
    for (const command of commands.filter((one) => !plays.includes(one)))
      expect(await type(here(command))).toEqual({
        code: 0,
        output: expect.stringContaining('reconnect-storm') as string,
      });
    const [before, after] = readdirSync(results).filter((file) => file.endsWith('.json'));
    const compare = commandsUnder('For load testers').find((command) => command.includes('COMPARE=')) ?? '';
    const files = compare
      .replace('before.json', join(results, before ?? ''))
      .replace('after.json', join(results, after ?? ''));
    expect(await type(here(files))).toMatchObject({ code: 0 });
  });

  it('names targets that there are for a cluster', async () => {
    for (const command of commandsUnder('A cluster in ten lines')) {
      const { code, output } = await type(command.replace(/^make /, 'make -n '));
      expect([command, code, output]).toEqual([command, 0, expect.stringMatching(/node|vitest/) as string]);
    }
  });
});
