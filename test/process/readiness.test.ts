import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { freePorts } from '../../scripts/servers/free-ports.mjs';
import { silentLogger } from '../../src/core/logger.js';
import { startEmbedded } from '../../src/node/compose.js';
import { readOptions } from '../../src/node/read-options.js';

it('is ready on the port of metrics once it serves, and not before', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-'));
  const metricsPort = String(await freePorts());
  const flags = ['--port', '0', '--data', folder, '--metrics-port', metricsPort, '--admin-address', 'off'];
  const options = readOptions(flags, {}) ?? expect.fail('only help was asked for');
  const ask = async (port: number | string): Promise<[number, unknown]> => {
    const answer = await fetch(`http://127.0.0.1:${port}/v1/ready`);
    return [answer.status, await answer.json()];
  };
  const starting = startEmbedded(options, silentLogger, () => undefined);
  // That port is opened before everything else.
  const early = async (): Promise<[number, unknown]> => ask(metricsPort).catch(early);
  expect(await early()).toMatchObject([503, { error: { sentence: 'Not ready: waits for the start.' } }]);
  const running = await starting;
  const ready = [200, { status: 'ready' }];
  expect([await ask(running.port), await ask(metricsPort)]).toEqual([ready, ready]);
  await running.stop();
  rmSync(folder, { recursive: true });
});
