/**
 * A gateway of a real cluster is killed: its users go offline once, after the grace and not after their sessions' lease. Whoever
 * looks is at another gateway.
 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { WebSocket } from 'ws';
import { describeWith } from '../servers/requirement.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';
import type { RoleProcess } from './role-process.js';

/** The registry's check, the gateway's time to answer, the grace, and a little; the lease alone would take 120 s. */
const OFFLINE_WITHIN_MS = 60_000;

interface Frame {
  readonly welcome?: object;
  readonly presence?: { readonly items: readonly { readonly userId: string; readonly state: string }[] };
}

describeWith('presence in a cluster on real servers', findServers(), SERVERS_HINT, (programs) => {
  let cluster: RealCluster;
  const sockets: WebSocket[] = [];

  beforeAll(async () => {
    cluster = await RealCluster.start(programs, { nodes: 1, gateways: 2 });
  }, 240_000);
  afterAll(async () => {
    for (const socket of sockets) socket.terminate();
    await cluster?.remove();
  });

  async function call(method: string, path: string, token: string, body: object): Promise<Record<string, unknown>> {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const answer = await fetch(`${cluster.origin}/v1${path}`, { method, headers, body: JSON.stringify(body) });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${text}`);
    return JSON.parse(text || '{}');
  }

  /** A session at that gateway, which stays there: the frames it gets, and how it sends one. */
  async function connect(gateway: RoleProcess | undefined, token: string) {
    const socket = new WebSocket(`ws://127.0.0.1:${gateway?.port}/v1/connect`, ['parley.v1.json']);
    sockets.push(socket);
    socket.on('error', () => undefined);
    const frames: Frame[] = [];
    socket.on('message', (data) => frames.push(JSON.parse(String(data))));
    await new Promise((resolve) => socket.once('open', resolve));
    const send = (frame: object): void => socket.send(JSON.stringify(frame));
    send({ requestId: 1, hello: { token } });
    await expect.poll(() => frames.some(({ welcome }) => welcome), { timeout: 10_000 }).toBe(true);
    return { frames, send };
  }

  it('says offline of the users of a gateway that died, after the grace and once', async () => {
    const people = ['alice', 'bob'].map((userId) => ({ userId, password: 'correct horse battery' }));
    const [alice, bob] = await Promise.all(people.map((one) => call('POST', '/accounts', '', one)));
    await call('PATCH', '/me/settings', String(bob?.accessToken), { presenceFor: 'everyone' });
    const watcher = await connect(cluster.gateways[0], String(alice?.accessToken));
    const beat = setInterval(() => watcher.send({ heartbeat: {} }), 5_000);
    await connect(cluster.gateways[1], String(bob?.accessToken));
    watcher.send({ requestId: 2, watchPresence: { userIds: ['bob'] } });
    const states = (): string[] =>
      watcher.frames.flatMap(({ presence }) => (presence?.items ?? []).map(({ state }) => state));
    await expect.poll(() => states().at(-1), { timeout: 15_000 }).toBe('ONLINE');
    const killedMs = Date.now();
    await cluster.gateways[1]?.kill();
    await expect.poll(() => states().at(-1), { timeout: OFFLINE_WITHIN_MS, interval: 200 }).toBe('OFFLINE');
    const tookMs = Date.now() - killedMs;
    expect(tookMs).toBeGreaterThan(30_000);
    process.stdout.write(`offline ${tookMs} ms after the gateway was killed\n`);
    await new Promise((resolve) => setTimeout(resolve, 10_000));
    clearInterval(beat);
    expect(states().filter((state) => state === 'OFFLINE')).toHaveLength(1);
  }, 180_000);
});
