import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { newFolder, RealServer, startFresh } from '../../scripts/servers/real-server.mjs';
import { findHaproxy, HAPROXY_HINT, HaproxyServer } from './haproxy-server.js';
import { describeWith } from './requirement.js';

const STAND_IN = fileURLToPath(new URL('haproxy-stand-in.mjs', import.meta.url));
const PATIENCE_MS = 10_000;

interface Answer {
  readonly name: string;
  readonly forwardedFor?: string;
  readonly connections: number;
}

class StandIn extends RealServer {
  readonly address: string;

  private constructor(name: string, port: number) {
    const folder = newFolder('stand-in');
    const answers = () =>
      fetch(`http://127.0.0.1:${port}/v1/ready`).then(
        ({ ok }) => ok,
        () => false,
      );
    const args = [STAND_IN, name, `${port}`];
    super(folder, { title: name, program: process.execPath, args, logFile: `${folder}/log`, answers, readyMs: 10_000 });
    this.address = `127.0.0.1:${port}`;
  }

  static start(name: string): Promise<StandIn> {
    return startFresh(async () => new StandIn(name, await freePorts()));
  }
}

async function ask(url: string, init: RequestInit = {}): Promise<Answer> {
  const answer = await fetch(url, { ...init, signal: AbortSignal.timeout(PATIENCE_MS) });
  if (!answer.ok) throw new Error(`status ${answer.status}`);
  return (await answer.json()) as Answer;
}

describeWith('one address before the API processes', findHaproxy(), HAPROXY_HINT, (program) => {
  const apis: StandIn[] = [];
  const gateways: StandIn[] = [];
  let proxy: HaproxyServer | undefined;

  const at = (path: string) => `${proxy?.url}${path}`;

  const names = async (path: string, count: number): Promise<ReadonlySet<string>> => {
    const answers = await Promise.all(Array.from({ length: count }, () => ask(at(path))));
    return new Set(answers.map(({ name }) => name));
  };

  beforeAll(async () => {
    for (const name of ['api-1', 'api-2']) apis.push(await StandIn.start(name));
    for (const name of ['gateway-1', 'gateway-2']) gateways.push(await StandIn.start(name));
    const addresses = (servers: readonly StandIn[]) => servers.map(({ address }) => address);
    proxy = await HaproxyServer.start(program, { apis: addresses(apis), gateways: addresses(gateways) });
  });

  afterAll(async () => {
    for (const server of [proxy, ...apis, ...gateways]) await server?.remove();
  });

  it('sends requests, polls and streams to the gateways, and everything else to the API processes', async () => {
    for (const path of ['/v1/request', '/v1/poll?since=0', '/v1/events', '/v1/connect'])
      expect((await ask(at(path))).name).toMatch(/^gateway/);
    for (const path of ['/', '/v1/login', '/v1/docs', '/v1/requests', '/app.js'])
      expect((await ask(at(path))).name).toMatch(/^api/);
  });

  it('spreads requests over all processes and appends the client to X-Forwarded-For', async () => {
    expect(await names('/', 8)).toEqual(new Set(['api-1', 'api-2']));
    const { forwardedFor } = await ask(at('/'), { headers: { 'x-forwarded-for': '10.1.2.3' } });
    expect(forwardedFor).toMatch(/^10\.1\.2\.3, ?127\.0\.0\.1$/);
  });

  it('keeps its connections to the processes', async () => {
    const before = await ask(at('/'));
    for (let i = 0; i < 40; i++) await ask(at('/'));
    const after = [await ask(at('/')), await ask(at('/'))];
    const same = after.find(({ name }) => name === before.name);
    expect((same?.connections ?? Number.POSITIVE_INFINITY) - before.connections).toBeLessThan(20);
  });

  it('sends nothing more to a process that says it is not ready', async () => {
    const [first, second] = gateways;
    if (first === undefined || second === undefined) throw new Error('no gateways');
    await ask(`http://${first.address}/drain`, { method: 'POST' });
    await expect.poll(() => names('/v1/request', 8), { timeout: PATIENCE_MS }).toEqual(new Set(['gateway-2']));
    await first.kill();
    await first.start();
    await expect
      .poll(() => names('/v1/request', 8), { timeout: PATIENCE_MS })
      .toEqual(new Set(['gateway-1', 'gateway-2']));
  });

  it('loses only what was under way when a process is killed under load', async () => {
    const [first] = apis;
    if (first === undefined) throw new Error('no API process');
    const failed: string[] = [];
    let done = 0;
    let stopped = false;
    const worker = async () => {
      while (!stopped) {
        await ask(at('/v1/login'), { method: 'POST', body: '{}' }).catch((error) => failed.push(String(error)));
        done++;
      }
    };
    const workers = Array.from({ length: 8 }, worker);
    await expect.poll(() => done, { timeout: PATIENCE_MS }).toBeGreaterThan(200);
    await first.kill();
    const killedAt = done;
    await expect.poll(() => done - killedAt, { timeout: PATIENCE_MS }).toBeGreaterThan(500);
    stopped = true;
    await Promise.all(workers);
    expect(failed.length).toBeLessThanOrEqual(workers.length);
    await first.start();
    await expect.poll(() => names('/', 8), { timeout: PATIENCE_MS }).toEqual(new Set(['api-1', 'api-2']));
  });
});
