/** The example of docs/PROTOCOL.md, as a stranger would run it, against the real process. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { until } from '../until.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

const EXAMPLE = 'docs/examples/quick-client.mjs';

class QuickClient {
  printed = '';
  errors = '';
  private readonly child: ChildProcessByStdio<Writable, Readable, Readable>;

  constructor(origin: string, userId: string, peer: string) {
    const args = [EXAMPLE, origin, userId, 'correct horse battery', peer];
    this.child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => {
      this.printed += text;
    });
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => {
      this.errors += text;
    });
  }

  say(text: string): void {
    this.child.stdin.write(`${text}\n`);
  }

  async connected(times = 1): Promise<void> {
    await until(
      () => `connected ${times} times: ${this.errors}`,
      () => this.errors.split('connected as').length > times,
    );
  }

  /** Ends its input: it leaves once everything is sent. */
  async leave(): Promise<number | null> {
    this.child.stdin.end();
    if (this.child.exitCode === null) await once(this.child, 'exit');
    return this.child.exitCode;
  }

  kill(): void {
    this.child.kill('SIGKILL');
  }
}

let folder: ReturnType<typeof temporaryFolder>;
let parley: ParleyProcess;
let clients: QuickClient[];

const start = (port: number) => ParleyProcess.start('--port', `${port}`, '--data', join(folder.path, 'data'));

beforeEach(async () => {
  folder = temporaryFolder();
  parley = await start(0);
  clients = [new QuickClient(parley.origin, 'alice', 'bob'), new QuickClient(parley.origin, 'bob', 'alice')];
  await Promise.all(clients.map((client) => client.connected()));
});
afterEach(async () => {
  for (const client of clients) client.kill();
  await parley.signal('SIGKILL');
  folder.remove();
});

it('lets two people who wrote their own client chat, and misses nothing through a kill of the process', async () => {
  const [alice, bob] = clients as [QuickClient, QuickClient];
  for (let i = 1; i <= 20; i++) alice.say(`${i}`);
  const first = Array.from({ length: 20 }, (_, i) => `alice: ${i + 1}\n`).join('');
  await until('both have the first', () => bob.printed.length >= first.length && alice.printed.length >= first.length);
  const { port } = parley;
  await parley.signal('SIGKILL');
  alice.say('are you there?');
  parley = await start(port);
  await until('bob has what was said meanwhile', () => bob.printed.includes('there?'));
  bob.say('yes');
  await until('alice has the answer', () => alice.printed.includes('yes'));
  const whole = `${first}alice: are you there?\nbob: yes\n`;
  await until('bob sees his own', () => bob.printed.length >= whole.length);
  expect([alice.printed, bob.printed]).toEqual([whole, whole]);
  expect(await Promise.all([alice.leave(), bob.leave()])).toEqual([0, 0]);
});
