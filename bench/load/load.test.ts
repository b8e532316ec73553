import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, expect, it, onTestFinished } from 'vitest';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { compareReports } from '../play/compare.js';
import type { LoadReport } from '../play/result.js';
import { runLoad } from './testing/run-load.js';

const REMOTE = fileURLToPath(new URL('../../dist/bench/load/remote-generator.js', import.meta.url));
const SEED = Number(process.env.LOAD_SEED ?? 1 + (Date.now() % 1_000_000));
const SECONDS = Number(process.env.LOAD_SECONDS ?? (process.env.CI === 'true' ? 300 : 40));
const TEST_MS = 300_000 + 1_000 * SECONDS;

const folder = mkdtempSync(join(tmpdir(), 'parley-load-'));
afterAll(() => rmSync(folder, { recursive: true }));

it('lists the scenarios when none is named', async () => {
  const { code, output } = await runLoad();
  expect([code, output]).toEqual([0, expect.stringContaining('reconnect-storm')]);
});

it(
  `keeps every guarantee in a load that mixes all kinds of talk with kills and drains (LOAD_SEED=${SEED} LOAD_SECONDS=${SECONDS})`,
  async () => {
    const sizes = ['--users', '120', '--seconds', String(SECONDS), '--rate-factor', '0.5', '--generators', '2'];
    const places = ['--seed', String(SEED), '--port', `${await freePorts()}`, '--results', folder];
    const { code, output } = await runLoad('mixed', ...sizes, ...places);
    expect([code, output]).toEqual([0, expect.stringContaining('broken: G1 0, G2 0, G3 0, G4 0')]);
    const [json = ''] = readdirSync(folder).filter((file) => file.endsWith('.json'));
    const report = JSON.parse(readFileSync(join(folder, json), 'utf8')) as LoadReport;
    const [variant] = report.variants;
    expect([report.seed, variant?.cameToRest, variant?.absent]).toEqual([SEED, true, 0]);
    expect(variant?.incidents.map(({ failure }) => failure).filter((failure) => failure !== undefined)).toEqual([]);
    expect(variant?.verdict.counts.acknowledged).toBeGreaterThan(10 * SECONDS);
    expect(existsSync(join(folder, json.replace(/json$/, 'html')))).toBe(true);
    expect(compareReports(report, report)).toContain('1x');
  },
  TEST_MS,
);

it('plays every variant with generators that were started first and elsewhere, and counts what they bring each other', async () => {
  const listen = `127.0.0.1:${await freePorts()}`;
  const remote = spawn(process.execPath, [REMOTE, '--coordinator', listen], { stdio: 'ignore' });
  onTestFinished(() => void remote.kill());
  const results = mkdtempSync(join(folder, 'remote-'));
  const generators = ['--generators', '1', '--remote', '1', '--listen', listen];
  const sizes = ['--users', '12', '--seconds', '2', '--port', `${await freePorts()}`, '--results', results];
  const { code, output } = await runLoad('transports', ...sizes, ...generators);
  expect([code, output]).toEqual([0, expect.stringContaining('broken: G1 0, G2 0, G3 0, G4 0')]);
  const [json = ''] = readdirSync(results).filter((file) => file.endsWith('.json'));
  const report = JSON.parse(readFileSync(join(results, json), 'utf8')) as LoadReport;
  expect(report.variants.length).toBeGreaterThan(1);
  for (const { lines } of report.variants)
    for (const line of lines) expect(line).toMatchObject(line.type === 'messages' ? { delivered: line.sent } : {});
}, 180_000);
