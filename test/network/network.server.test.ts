import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { findNetworkPrograms } from '../../scripts/servers/network.mjs';
import { describeWhere } from '../servers/requirement.js';
import type { Cut } from './link.js';
import { Network, type NetworkHost } from './network.js';

/** Says what it reads to a server, what that answers to its output, and last how the connection ended. */
const CALLER = `
  const socket = require('node:net').connect(Number(process.argv[2]), process.argv[1]);
  process.stdin.pipe(socket, { end: false });
  socket.pipe(process.stdout, { end: false });
  socket.on('connect', () => console.log('connected'));
  socket.on('error', (error) => console.log(error.code)).on('close', () => process.exit());
`;

const programs = findNetworkPrograms();

describeWhere('a network of one machine', typeof programs === 'string' ? programs : undefined, () => {
  let network: Network;
  let near: NetworkHost;
  let far: NetworkHost;
  let echo: Server;
  let port = 0;

  beforeAll(async () => {
    const opened = await Network.open();
    if (opened === undefined) throw new Error('there is none');
    network = opened;
    [near, far] = (await network.newHosts(2)) as [NetworkHost, NetworkHost];
    echo = createServer((socket) => socket.on('error', () => undefined).pipe(socket));
    echo.listen(0, network.address);
    await once(echo, 'listening');
    port = (echo.address() as { port: number }).port;
  });
  afterAll(async () => {
    echo?.close();
    await network?.close();
  });

  /** A program on `host` that talks to a server. */
  class Caller {
    heard = '';
    private readonly child: ChildProcess;

    constructor(host: NetworkHost, address = network.address, at = port) {
      const { program, args } = host.inside(process.execPath, ['-e', CALLER, address, `${at}`]);
      this.child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
      this.child.stdout?.on('data', (said) => {
        this.heard += said;
      });
      onTestFinished(() => void this.child.kill('SIGKILL'));
    }

    say(what: string): void {
      this.child.stdin?.write(`${what}\n`);
    }

    async hears(what: string): Promise<void> {
      await expect.poll(() => this.heard, { timeout: 20_000 }).toContain(`${what}\n`);
    }

    async ends(): Promise<string> {
      await once(this.child, 'close');
      return this.heard;
    }
  }

  async function called(host: NetworkHost): Promise<Caller> {
    const caller = new Caller(host);
    await caller.hears('connected');
    return caller;
  }

  const linkFrom = (host: NetworkHost) => host.linkTo([`${network.address}:${port}`]);

  async function cutUntilFinished(host: NetworkHost, how: Cut) {
    const link = linkFrom(host);
    await link.cut(how);
    onTestFinished(async () => link.heal());
    return link;
  }

  it('brings late what was said while it was silent, on the same connection, and cuts nobody else off', async () => {
    const [cut, other] = [await called(near), await called(far)];
    const link = await cutUntilFinished(near, 'silence');
    cut.say('lost for a while');
    const late = new Caller(near);
    other.say('not cut');
    await other.hears('not cut');
    expect([cut.heard, late.heard]).toEqual(['connected\n', '']);
    await link.heal();
    await cut.hears('lost for a while');
    await late.hears('connected');
  });

  it('resets a connection that is broken, and who connects', async () => {
    const caller = await called(near);
    const link = await cutUntilFinished(near, 'reset');
    caller.say('into the void');
    expect(await caller.ends()).toBe('connected\nECONNRESET\n');
    expect(await new Caller(near).ends()).toBe('ECONNREFUSED\n');
    await link.heal();
    await called(near);
  });

  it('parts one host from another, while both reach the rest', async () => {
    await near.partFrom([far.address]);
    const { program, args } = far.inside(process.execPath, [
      '-e',
      `require('node:net').createServer((socket) => socket.pipe(socket)).listen(7000, '${far.address}', () => console.log('up'))`,
    ]);
    const server = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
    onTestFinished(() => void server.kill('SIGKILL'));
    await once(server.stdout, 'data');
    const parted = new Caller(near, far.address, 7000);
    const [one, another] = [await called(near), await called(far)];
    for (const caller of [one, another]) caller.say('heard');
    await Promise.all([one.hears('heard'), another.hears('heard')]);
    expect(parted.heard).toBe('');
    await near.meetAgain([far.address]);
    await parted.hears('connected');
  });
});
