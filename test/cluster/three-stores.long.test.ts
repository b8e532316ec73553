/** Cassandra as three nodes with every row on all of them: one may die and nobody notices, two and nothing is acknowledged. */
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it, onTestFailed } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import { Company } from '../people/company.js';
import type { Person } from '../people/people.js';
import { findHaproxy, HAPROXY_HINT, HaproxyServer } from '../servers/haproxy-server.js';
import { describeWith } from '../servers/requirement.js';
import { findServers, RealCluster, SERVERS_HINT } from './real-cluster.js';

const SEED = Number(process.env.FAULTS_SEED ?? Date.now() % 1_000_000);
/** What a write that was under way may still take to come back. */
const UNDER_WAY_MS = 4_000;
const WITHOUT_QUORUM_MS = 15_000;
/** For what notices only after a while that nothing comes. */
const CUT_OFF_MS = 15_000;
const WORKERS = 8;
const PATIENCE = { timeout: 60_000 };
/** Between two calls of one user: fewer than are allowed. */
const SDK_PAUSE_MS = 40;

const servers = findServers();
const haproxy = findHaproxy();
const found = servers === undefined || haproxy === undefined ? undefined : { servers, haproxy };

/** Somebody who only asks the API, over and over, and what became of it. */
async function askFor(url: string, outcome: { done: number; failed: number; stopped: boolean }): Promise<void> {
  while (!outcome.stopped) {
    const answer = await fetch(url, { signal: AbortSignal.timeout(10_000) }).catch(() => undefined);
    await answer?.arrayBuffer();
    if (answer?.ok) outcome.done++;
    else outcome.failed++;
  }
}

/** Somebody who uses the SDK for what the API does, over and over, each call another kind; who fails is told of in `failed`. */
async function useSdk(
  { client, device }: Person,
  outcome: { done: number; failed: string[]; stopped: boolean },
): Promise<void> {
  const calls = [
    () => client.people.profile(),
    () => client.people.changeProfile({ displayName: `${device.userId} ${outcome.done}` }),
    () => client.people.block('yve'),
    () => client.people.unblock('yve'),
    () => client.people.relations(),
    () => client.refresh(),
  ];
  for (let count = 0; !outcome.stopped; count++) {
    await calls[count % calls.length]?.().catch((error: unknown) =>
      outcome.failed.push(`call ${count}: ${String(error)}`),
    );
    outcome.done++;
    await sleep(SDK_PAUSE_MS);
  }
}

/** Two sign up without the SDK, which would repeat what is refused; returns what sends a message from one to the other. */
async function strangers(
  url: string,
  from = 'zoe',
  to = 'yve',
): Promise<(clientMessageId: string) => Promise<unknown>> {
  const post = async (path: string, body: unknown, headers: Record<string, string> = {}): Promise<unknown> => {
    const init = { method: 'POST', headers: { 'content-type': 'application/json', ...headers } };
    const answer = await fetch(`${url}/v1/${path}`, { ...init, body: JSON.stringify(body) });
    return answer.json();
  };
  const arrive = (userId: string) => post('accounts', { userId, password: 'correct horse battery staple' });
  await arrive(to);
  const { accessToken } = (await arrive(from)) as { accessToken: string };
  const hi = { userId: to, message: { text: 'hi' } };
  return (clientMessageId) =>
    post('request', { send: { ...hi, clientMessageId } }, { authorization: `Bearer ${accessToken}` });
}

describeWith('a cluster with three nodes of Cassandra', found, `${SERVERS_HINT} ${HAPROXY_HINT}`, (programs) => {
  let cluster: RealCluster;
  let proxy: HaproxyServer | undefined;
  let company: Company | undefined;

  beforeAll(async () => {
    cluster = await RealCluster.start(programs.servers, {
      ownServers: { cassandraNodes: 3 },
      apis: 2,
      cuttable: true,
    });
    const at = (processes: RealCluster['apis']) => processes.map(({ address }) => address);
    proxy = await HaproxyServer.start(programs.haproxy, { apis: at(cluster.apis), gateways: at(cluster.gateways) });
  }, 300_000);
  afterAll(async () => {
    await company?.leave();
    await proxy?.remove();
    await cluster?.remove();
  });

  it(`loses nothing with one node dead, acknowledges nothing with two, and heals (FAULTS_SEED=${SEED})`, async () => {
    onTestFailed(() => void process.stdout.write(cluster.lastWords));
    if (proxy === undefined) throw new Error('no proxy');
    company = await Company.gather(proxy.url);
    const { notes } = company;
    const hush = company.chat(seededRandom(SEED));
    const send = await strangers(proxy.url);
    expect(await send('early')).toMatchObject({ sendAck: { seq: 2 } });
    const [first, second] = cluster.servers.cassandra.nodes;
    await company.untilAllWritten('the start');

    await first?.kill();
    const oneDeadMs = Date.now();
    await company.untilAllWritten('one node of Cassandra killed');
    process.stdout.write(`one of three killed: every channel written to again after ${Date.now() - oneDeadMs} ms\n`);

    await second?.kill();
    await sleep(UNDER_WAY_MS);
    const before = notes.acknowledged.length;
    const [refusal] = await Promise.all([send('late'), sleep(WITHOUT_QUORUM_MS)]);
    expect(refusal).toMatchObject({ error: { retry: 'backoff' } });
    expect([notes.acknowledged.length - before, notes.failed]).toEqual([0, []]);

    await Promise.all([first?.start(), second?.start()]);
    const backMs = Date.now();
    await company.untilAllWritten('all nodes of Cassandra back');
    process.stdout.write(`all of three back: every channel written to again after ${Date.now() - backMs} ms\n`);
    // What was refused is worth the repetition that it was told, and stands once.
    await expect.poll(() => send('late'), PATIENCE).toMatchObject({ sendAck: { seq: 3 } });
    const fenced = await cluster.revive();
    process.stdout.write(
      `all of three back: the late send after ${Date.now() - backMs} ms; fenced: ${fenced.join(' ') || 'none'}\n`,
    );
    hush();
    expect(await company.judge()).toEqual([]);
  });

  it(`loses nothing with one node cut off, acknowledges nothing when all are from each other, and heals (FAULTS_SEED=${SEED})`, async (context) => {
    onTestFailed(() => void process.stdout.write(cluster.lastWords));
    const { network } = cluster;
    if (network === undefined) return context.skip('there are no network namespaces: see above');
    if (company === undefined || proxy === undefined) throw new Error('nobody is there');
    const { notes } = company;
    const { hosts } = cluster.servers.cassandra;
    const [first] = hosts;
    if (first === undefined) throw new Error('no host');
    const hush = company.chat(seededRandom(SEED + 1));
    const send = await strangers(proxy.url, 'vic', 'wes');
    const tell = async (what: string): Promise<void> => {
      const fromMs = Date.now();
      await company?.untilAllWritten(what);
      process.stdout.write(`${what}: every channel written to again after ${Date.now() - fromMs} ms\n`);
    };

    await first.partFrom(network.others(first));
    await tell('one node of Cassandra cut off from all');
    await sleep(CUT_OFF_MS);
    await tell('the same, later');
    await first.meetAgain(network.others(first));
    await tell('that node back');

    const others = hosts.filter((host) => host !== first).map(({ address }) => address);
    await first.partFrom(others);
    await tell('one node of Cassandra cut off from the other two, and reached by all else');
    await sleep(CUT_OFF_MS);
    await tell('the same, later');
    await first.meetAgain(others);
    await tell('it reaches them again');

    const apart = hosts.map((host) => [host, hosts.filter((other) => other !== host)] as const);
    await Promise.all(apart.map(([host, rest]) => host.partFrom(rest.map(({ address }) => address))));
    await sleep(UNDER_WAY_MS);
    const before = notes.acknowledged.length;
    const [refusal] = await Promise.all([send('late'), sleep(WITHOUT_QUORUM_MS)]);
    expect(refusal).toMatchObject({ error: { retry: 'backoff' } });
    expect([notes.acknowledged.length - before, notes.failed]).toEqual([0, []]);
    await Promise.all(apart.map(([host, rest]) => host.meetAgain(rest.map(({ address }) => address))));
    await tell('all three reach each other again');
    await expect.poll(() => send('late'), PATIENCE).toMatchObject({ sendAck: { seq: 2 } });
    process.stdout.write(`fenced meanwhile: ${(await cluster.revive()).join(' ') || 'none'}\n`);
    hush();
    expect(await company.judge()).toEqual([]);
  });

  it('loses only what was under way when an API process dies behind HAProxy, and the SDK repeats that', async () => {
    const bySdk = { done: 0, failed: [] as string[], stopped: false };
    const users = company?.people.map((person) => useSdk(person, bySdk)) ?? [];
    const outcome = { done: 0, failed: 0, stopped: false };
    const workers = Array.from({ length: WORKERS }, () => askFor(`${proxy?.url}/v1/health`, outcome));
    await expect.poll(() => outcome.done, PATIENCE).toBeGreaterThan(100);
    await cluster.apis[1]?.kill();
    const killedAt = { done: outcome.done, bySdk: bySdk.done };
    await expect.poll(() => outcome.done - killedAt.done, PATIENCE).toBeGreaterThan(200);
    await expect.poll(() => bySdk.done - killedAt.bySdk, PATIENCE).toBeGreaterThan(100);
    outcome.stopped = true;
    bySdk.stopped = true;
    await Promise.all([...workers, ...users]);
    expect(outcome.failed).toBeLessThanOrEqual(WORKERS);
    expect(bySdk.failed).toEqual([]);
    process.stdout.write(
      `an API process killed: ${outcome.failed} of ${outcome.done} requests failed, and none of ${bySdk.done} calls of the SDK\n`,
    );
  });
});
