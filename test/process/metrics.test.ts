import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { alertMetrics, dashboardMetrics, metricsServedAt, quotedInSources } from './dashboard-metrics.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

const deployed = (file: string): string =>
  readFileSync(fileURLToPath(new URL(`../../deploy/${file}`, import.meta.url)), 'utf8');
const SECRET = 'the-words-that-nobody-but-bob-may-read';
const PASSWORD = 'correct horse battery';

const folder = temporaryFolder();
let parley: ParleyProcess;
let metricsPort: number;

async function post(path: string, body: object, token = ''): Promise<Record<string, unknown>> {
  const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
  const answer = await fetch(`${parley.origin}${path}`, { method: 'POST', headers, body: JSON.stringify(body) });
  return (await answer.json()) as Record<string, unknown>;
}

async function send(token: string, text: string, to = 'bob'): Promise<Record<string, unknown>> {
  const clientMessageId = `m-${Math.random()}`;
  return post('/v1/request', { requestId: 1, send: { userId: to, clientMessageId, message: { text } } }, token);
}

beforeAll(async () => {
  metricsPort = await freePorts();
  const args = ['--port', '0', '--data', folder.path, '--metrics-port', `${metricsPort}`, '--log-level', 'debug'];
  parley = await ParleyProcess.start(...args, '--admin-address', '127.0.0.1:0');
});
afterAll(async () => {
  await parley.signal('SIGKILL');
  folder.remove();
});

const served = (): Promise<ReadonlyMap<string, string>> => metricsServedAt(`127.0.0.1:${metricsPort}`);

it('serves its own metrics under its prefix, those that only grow as counters', async () => {
  const names = [...(await served())].filter(([name]) => !/^(process|nodejs)_/.test(name));
  expect(names.length).toBeGreaterThan(20);
  expect(names.filter(([name]) => !name.startsWith('parley_'))).toEqual([]);
  expect(names.filter(([name, type]) => name.endsWith('_total') !== (type === 'counter'))).toEqual([]);
});

it('serves every metric that a panel of the dashboard shows', async () => {
  const [names, shown] = [await served(), dashboardMetrics(deployed('grafana/dashboards/parley.json'))];
  expect(shown.length).toBeGreaterThan(15);
  expect(shown.filter((name) => !names.has(name))).toEqual([]);
});

it('serves every metric of the alert rules and of the dashboard of a cluster, or its sources name it', async () => {
  const [names, quoted] = [await served(), quotedInSources()];
  const unknown = (metrics: readonly string[]): string[] =>
    metrics.filter((name) => !names.has(name) && !quoted.has(name));
  const [rules, panels] = [
    alertMetrics(deployed('prometheus/alerts.yaml')),
    dashboardMetrics(deployed('grafana/dashboards/parley-cluster.json')),
  ];
  expect([rules.length > 15, panels.length > 15]).toEqual([true, true]);
  expect(unknown([...rules, ...panels])).toEqual([]);
  expect(unknown(['parley_nothing_total'])).toEqual(['parley_nothing_total']);
});

it('tells users and messages neither in metrics nor, at the lowest level, in logs, whatever happens to a message', async () => {
  await post('/v1/accounts', { userId: 'bob', password: PASSWORD });
  const { accessToken } = await post('/v1/accounts', { userId: 'alice', password: PASSWORD });
  const token = String(accessToken);
  expect(await send(token, SECRET)).toHaveProperty('sendAck');
  expect(await send(token, SECRET, 'nobody_there')).toHaveProperty('error');
  expect(await send(token, SECRET.repeat(1_000))).toHaveProperty('error');
  expect(await post('/v1/request', { send: { userId: 7, message: { text: SECRET } } }, token)).toHaveProperty('error');
  const metrics = await (await fetch(`http://127.0.0.1:${metricsPort}/metrics`)).text();
  expect(metrics).not.toContain('alice');
  expect(metrics).not.toContain(SECRET);
  const { output } = await parley.signal('SIGTERM');
  expect(output).toContain('Parley is ready');
  expect(output).not.toContain(SECRET);
  expect(output).not.toContain(PASSWORD);
});
