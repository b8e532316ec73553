/** A processor profile of a server under load, for the developer tools of Chromium. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Inspector } from './inspector.js';
import type { ServerProcess } from './server.js';

const SAMPLE_EVERY_MICROSECONDS = 500;

/** Starts it where a folder is named; the returned function ends it and writes `<name>.cpuprofile`. */
export async function profiling(
  server: ServerProcess,
  folder: string | undefined,
  name: string,
): Promise<() => Promise<void>> {
  if (folder === undefined) return async () => {};
  const inspector = await Inspector.open(server.pid, server.spec.inspectPort);
  await inspector.call('Profiler.enable');
  await inspector.call('Profiler.setSamplingInterval', { interval: SAMPLE_EVERY_MICROSECONDS });
  await inspector.call('Profiler.start');
  return async () => {
    const { profile } = await inspector.call('Profiler.stop');
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.cpuprofile`), JSON.stringify(profile));
    inspector.close();
  };
}
