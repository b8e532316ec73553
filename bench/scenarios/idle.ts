/** What a session costs that only exists: resident memory a session, after a collection. */
import { pause } from '../load/generator/pace.js';
import type { CandidateName } from '../options.js';
import { figure } from '../report/table.js';
import { type Running, start, TITLES } from '../run/candidates.js';
import { connect, GeneratorProcess } from '../run/generator.js';
import { Inspector } from '../run/inspector.js';
import { tcpSocketKib } from '../run/processor.js';
import { atMost, type ScenarioContext, type ScenarioResult } from './scenario.js';

/** Connected before the first reading, so that what only the first sessions cost is not counted. */
const FIRST_SESSIONS = 1_000;
const SETTLE_MS = 3_000;
const BOUND_KIB = 6;

interface Reading {
  readonly residentKib: number;
  readonly socketsKib: number;
  readonly heapKib: number;
}

interface IdleRun {
  readonly name: CandidateName;
  readonly sessions: number;
  readonly residentKib: number;
  readonly heapKib: number;
  readonly socketsKib: number;
  readonly totalMib: number;
  readonly connectMicroseconds: number;
}

export async function idle({ options, say }: ScenarioContext): Promise<ScenarioResult> {
  const runs: IdleRun[] = [];
  for (const name of options.candidates) {
    if (name === 'durable') continue;
    say(`${TITLES[name]}: ${options.idleSessions} idle sessions`);
    runs.push(await runCandidate(name, options.idleSessions, options.port));
  }
  const parley = runs.find(({ name }) => name === 'parley');
  const floor = runs.find(({ name }) => name === 'bare');
  return {
    title: `Idle: ${options.idleSessions} sessions of as many users, after a full collection`,
    head: ['server', 'KiB a session', 'of it heap', 'kernel KiB, both ends', 'total MiB', 'µs a connect'],
    rows: runs.map((run) => [
      TITLES[run.name],
      figure(run.residentKib),
      figure(run.heapKib),
      figure(run.socketsKib),
      figure(run.totalMib),
      figure(run.connectMicroseconds),
    ]),
    figures:
      parley === undefined
        ? []
        : [
            {
              name: 'idle session',
              value: parley.residentKib,
              unit: 'KiB',
              ...(floor === undefined ? {} : { floor: floor.residentKib }),
              ...atMost(parley.residentKib, BOUND_KIB),
            },
          ],
    notes: [],
    data: runs,
  };
}

async function read(running: Running, inspector: Inspector): Promise<Reading> {
  await pause(SETTLE_MS);
  await inspector.collectGarbage();
  await pause(SETTLE_MS / 3);
  return {
    residentKib: running.server.residentKib(),
    socketsKib: tcpSocketKib(),
    heapKib: (await inspector.heapBytes()) / 1024,
  };
}

async function runCandidate(name: CandidateName, sessions: number, port: number): Promise<IdleRun> {
  const end = FIRST_SESSIONS + sessions;
  const running = await start(name, end, port);
  const generator = new GeneratorProcess();
  try {
    const { server, target } = running;
    await connect(generator, target, { end: FIRST_SESSIONS });
    const inspector = await Inspector.open(server.pid, server.spec.inspectPort);
    const before = await read(running, inspector);
    const cpu = server.processorSeconds();
    await connect(generator, target, { first: FIRST_SESSIONS, end });
    const connectMicroseconds = ((server.processorSeconds() - cpu) * 1e6) / sessions;
    const after = await read(running, inspector);
    inspector.close();
    return {
      name,
      sessions,
      residentKib: (after.residentKib - before.residentKib) / sessions,
      heapKib: (after.heapKib - before.heapKib) / sessions,
      socketsKib: (after.socketsKib - before.socketsKib) / sessions,
      totalMib: after.residentKib / 1024,
      connectMicroseconds,
    };
  } finally {
    generator.stop();
    await running.stop();
  }
}
