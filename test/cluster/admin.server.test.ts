/** The command line of operators on a cluster of real processes. */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import type { AdminClient } from '../../cli/client.js';
import { memoryStorage, ParleyClient, webSocketFactory } from '../../client/index.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';
import { isFollowed } from './traced-message.js';

const PASSWORD = 'correct horse battery';
const WITHIN = { timeout: 60_000, interval: 500 };

interface ProcessRow {
  readonly incarnation: string;
  readonly name: string;
  readonly shards: number;
  readonly sessions: number;
}

let cluster: RealCluster;
let operator: AdminClient;
let ann: string;
let eve: ParleyClient;
let sends = 0;

async function answer(...args: readonly string[]): Promise<Record<string, unknown>> {
  const ran = await cluster.operate(...args, '--json');
  expect(ran).toMatchObject({ code: 0, stderr: '' });
  return JSON.parse(ran.stdout) as Record<string, unknown>;
}

/** Asked as `parley status` asks, without a process for each look. */
async function processesNow(): Promise<readonly ProcessRow[]> {
  const { processes, silent } = await operator.ask('GetStatus', {});
  expect(silent).toEqual([]);
  return processes;
}

const shardsOf = async (name: string): Promise<number> =>
  (await processesNow()).find((row) => row.name === name)?.shards ?? -1;

async function post(origin: string, path: string, body: object, token?: string): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const response = await fetch(`${origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await response.json()) as Record<string, unknown>;
}

const signUp = async (userId: string): Promise<string> =>
  String((await post(cluster.origin, '/v1/accounts', { userId, password: PASSWORD })).accessToken);

/** A client of the SDK, online. */
async function connect(userId: string): Promise<ParleyClient> {
  const client = new ParleyClient({
    baseUrl: cluster.origin,
    storage: memoryStorage(),
    webSocket: webSocketFactory(WebSocket),
  });
  await client.signUp({ userId, password: PASSWORD });
  await client.connect();
  return client;
}

/** The name of the gateway where eve is. */
async function gatewayOfEve(): Promise<string | undefined> {
  const { sessions } = await answer('sessions', '--user', 'eve');
  const [session] = (sessions as { gateway: string; attached: boolean }[]).filter(({ attached }) => attached);
  return (await processesNow()).find(({ incarnation }) => incarnation === session?.gateway)?.name;
}

/** Sends to bob; resolves to the message id. */
async function send(text: string): Promise<string> {
  const gateway = `http://127.0.0.1:${cluster.gateways[0]?.port}`;
  const body = { requestId: 1, send: { userId: 'bob', clientMessageId: `m${++sends}`, message: { text } } };
  const { sendAck } = await post(gateway, '/v1/request', body, ann);
  return String((sendAck as { messageId?: string } | undefined)?.messageId);
}

/** What the stream of events told so far: type and subject of each. */
const happened: string[] = [];
const watching = new AbortController();
let watched: Promise<void> | undefined;

async function watch(): Promise<void> {
  for await (const { type, subject } of operator.stream('WatchEvents', { types: [] }, watching.signal))
    happened.push(`${type} ${subject}`);
}

describeWith('operators of a real cluster', findServers(), SERVERS_HINT, (programs) => {
  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { admin: true });
    operator = cluster.operator();
    ann = await signUp('ann');
    await signUp('bob');
    eve = await connect('eve');
    watched = watch();
    for (let i = 0; i < 20; i++) expect(await send(`hello ${i}`)).toMatch(/^\d+$/);
  }, 300_000);
  afterAll(async () => {
    watching.abort();
    await watched;
    operator?.close();
    await eve?.close();
    await cluster?.remove();
  });

  it('see every process, every shard with its owner, and a sound store', async () => {
    const { form, processes, silent, placement } = await answer('status');
    expect({ form, silent }).toEqual({ form: 'cluster', silent: [] });
    const rows = processes as ProcessRow[];
    const names = ['admin-1', 'api-1', 'gateway-1', 'gateway-2', 'node-1', 'node-2', 'node-3'];
    expect(rows.map(({ name }) => name)).toEqual(names);
    expect(rows.reduce((sum, { shards }) => sum + shards, 0)).toBe(4096);
    expect((placement as { nodes: string[] }).nodes).toHaveLength(3);
    expect(await answer('verify')).toMatchObject({ usersDone: 3, channels: 1, breachesFound: 0 });
  });

  it('follow a traced message from its application’s span to the store and back', () => isFollowed(cluster));

  it('give a node another share, and its own again', async () => {
    const before = await shardsOf('node-1');
    await answer('weight', 'node-1', '0.5');
    await expect.poll(() => shardsOf('node-1'), WITHIN).toBeLessThan(before * 0.75);
    await answer('weight', 'node-1', '1');
    await expect.poll(() => shardsOf('node-1'), WITHIN).toBeGreaterThan(before * 0.8);
  });

  it('move the shard of a channel, whose messages go on', async () => {
    const place = await answer('where', 'channel:ann~bob');
    const target = place.ownerName === 'node-2' ? 'node-3' : 'node-2';
    await answer('move', String(place.shard), target);
    await expect.poll(async () => (await answer('where', 'channel:ann~bob')).ownerName, WITHIN).toBe(target);
    expect(await send('after the move')).toMatch(/^\d+$/);
    await answer('move', String(place.shard));
  });

  it('drain a node to its last shard while messages go on, and take the drain back', async () => {
    const draining = cluster.operate('drain', 'node-1', '--wait', '--deadline', '90', '--json');
    expect(await send('while it is drained')).toMatch(/^\d+$/);
    const { code, stdout } = await draining;
    expect({ code, last: JSON.parse(stdout) as unknown }).toEqual({
      code: 0,
      last: { shardsLeft: 0, sessionsLeft: 0, done: true },
    });
    expect(await shardsOf('node-1')).toBe(0);
    const refused = await cluster.operate('move', '7', 'node-1');
    expect(refused).toMatchObject({ code: 5, stderr: expect.stringContaining('is being drained') as string });
    await answer('uncordon', 'node-1');
    await expect.poll(() => shardsOf('node-1'), WITHIN).toBeGreaterThan(500);
  });

  it('are refused what would leave no node, with no effect', async () => {
    await answer('cordon', 'node-1');
    await answer('cordon', 'node-2');
    for (const args of [
      ['cordon', 'node-3'],
      ['drain', 'node-3'],
      ['weight', 'node-3', '0'],
    ])
      expect(await cluster.operate(...args)).toMatchObject({
        code: 1,
        stderr: expect.stringContaining('last_node, 3502') as string,
      });
    const { orders } = await answer('status');
    expect(orders).toMatchObject({ cordoned: ['node-1', 'node-2'], draining: [] });
    await answer('uncordon', 'node-1');
    await answer('uncordon', 'node-2');
  });

  it('put up a notice, which every gateway tells', async () => {
    await answer('notice', 'set', 'At noon we restart.');
    for (const { port } of cluster.gateways) {
      const told = async (): Promise<string> => {
        const headers = { authorization: `Bearer ${ann}` };
        return (await fetch(`http://127.0.0.1:${port}/v1/poll`, { headers })).text();
      };
      await expect.poll(told, WITHIN).toContain('At noon we restart.');
    }
    await expect.poll(() => eve.notice?.text, WITHIN).toBe('At noon we restart.');
    await answer('notice', 'withdraw');
    await expect.poll(() => eve.notice, WITHIN).toBeUndefined();
  });

  it('delete a message, whoever owns its channel', async () => {
    const messageId = await send('hemlock');
    expect(await answer('messages', 'delete', messageId)).toMatchObject({ channelId: 'ann~bob' });
    const history = await fetch(`${cluster.origin}/v1/channels/ann~bob/history`, {
      headers: { authorization: `Bearer ${ann}` },
    });
    expect(await history.text()).not.toContain('hemlock');
  });

  it('move nothing to a node that died, and find the store sound after its death', async () => {
    const [, , third] = cluster.nodes;
    await third?.kill();
    const said = async (): Promise<string> => (await cluster.operate('move', '7', 'node-3')).stderr;
    await expect.poll(said, WITHIN).toContain('node_not_found, 3501');
    expect((await cluster.operate('move', '7', 'node-3')).code).toBe(5);
    const owned = async (): Promise<number> => (await shardsOf('node-1')) + (await shardsOf('node-2'));
    await expect.poll(owned, WITHIN).toBe(4096);
    expect(await answer('verify')).toMatchObject({ usersDone: 5, channels: 2, breachesFound: 0 });
    expect(await send('after the death')).toMatch(/^\d+$/);
  });

  it('end a session, whose client comes back', async () => {
    const { sessions } = await answer('sessions', '--user', 'eve');
    const [{ sessionId = '' } = {}] = sessions as { sessionId?: string }[];
    expect(await answer('disconnect', sessionId)).toMatchObject({ sessions: 1 });
    const idNow = async (): Promise<unknown> =>
      ((await answer('sessions', '--user', 'eve')).sessions as { sessionId: string }[]).map((one) => one.sessionId);
    await expect.poll(idNow, WITHIN).not.toContain(sessionId);
    await expect.poll(gatewayOfEve, WITHIN).toMatch(/^gateway-/);
  });

  it('drain a gateway, whose clients move to the other one, which is not drained then', async () => {
    const from = String(await gatewayOfEve());
    const { code, stdout } = await cluster.operate('drain', from, '--wait', '--deadline', '60', '--json');
    expect({ code, last: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 0,
      last: { sessionsLeft: 0, done: true },
    });
    const to = from === 'gateway-1' ? 'gateway-2' : 'gateway-1';
    await expect.poll(gatewayOfEve, WITHIN).toBe(to);
    expect(eve.connection.type).toBe('online');
    expect(await cluster.operate('drain', to)).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('last_node, 3502') as string,
    });
    await eve.send({ to: 'bob', text: 'still here' }).sent();
  });

  it('suspend a user, who is logged out wherever the session is', async () => {
    expect(await answer('users', 'suspend', 'eve')).toMatchObject({ state: 'suspended' });
    await expect.poll(() => eve.connection.type, WITHIN).toBe('closed');
  });

  it('read in the audit log what was done and what was refused', async () => {
    const { entries } = await answer('audit', '--limit', '100');
    const told = (entries as Record<string, string>[]).map(
      ({ action, subject, outcome }) => `${action} ${subject} ${outcome}`,
    );
    for (const entry of [
      'SetWeight node-1 0.5 ok',
      'Drain node-1 ok',
      'Cordon node-3 last_node',
      'Verify everybody ok',
    ])
      expect(told).toContain(entry);
    expect(told).toContain('MoveShard 7 node-3 node_not_found');
  });

  it('saw it happen', async () => {
    const events = ['watching ', 'orders_changed ', 'process_left node-3', 'owner_changed node-1', 'audit root'];
    const untold = (): string[] => events.filter((event) => !happened.includes(event));
    await expect.poll(untold, WITHIN).toEqual([]);
    expect(happened.some((event) => event.startsWith('map_published'))).toBe(true);
  });
});
