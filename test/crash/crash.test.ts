import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { seededRandom } from '../../src/core/random.js';
import { Company, SETTLE } from '../people/company.js';
import { BUSY } from '../people/people.js';
import { ParleyProcess, temporaryFolder } from '../process/parley.js';
import { until } from '../until.js';

const KILLS = Number(process.env.CRASH_KILLS ?? 20);
const SEED = Number(process.env.CRASH_SEED ?? Date.now() % 1_000_000);
/** Some kills hit while actors wake up, others in full swing. */
const KILL_AFTER_MS = 700;

describe('a server that is killed under load', () => {
  let folder: ReturnType<typeof temporaryFolder>;
  let server: ParleyProcess | undefined;
  let company: Company | undefined;

  beforeEach(() => {
    folder = temporaryFolder();
  });
  afterEach(async () => {
    await company?.leave();
    await server?.signal('SIGKILL');
    folder.remove();
  });

  it(`keeps every acknowledged message once, in order, and brings it to every member (${KILLS} kills, CRASH_SEED=${SEED})`, async () => {
    const random = seededRandom(SEED);
    const data = join(folder.path, 'data');
    server = await ParleyProcess.start('--port', '0', '--data', data);
    const { origin, port } = server;
    company = await Company.gather(origin);
    const { notes, people } = company;
    await company.untilAllAreIn();

    const hush = company.chat(random, BUSY);
    for (let kill = 0; kill < KILLS; kill++) {
      if (random.fraction() < 0.7) {
        const before = notes.acknowledged.length;
        await until('messages are acknowledged again', () => notes.acknowledged.length > before + 20, SETTLE);
      }
      await sleep(random.fraction() * KILL_AFTER_MS);
      await server.signal('SIGKILL');
      server = await ParleyProcess.start('--port', `${port}`, '--data', data);
      // Clients back off the longer the more often they failed; the test has less patience.
      for (const { client } of people) client.retryNow();
    }
    hush();

    expect(await company.judge()).toEqual([]);
    expect(notes.problems).toEqual([]);
    expect(notes.acknowledged.length).toBeGreaterThan(20 * KILLS);
  }, 480_000);
});
