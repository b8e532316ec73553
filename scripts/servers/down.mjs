// `make servers-down`: stops what `make servers` started in this work tree, and nothing else. Data stays; with --volumes
// (`make clean`), what containers wrote goes.
import { parseArgs } from 'node:util';
import { composeDown, removeVolumes } from './compose.mjs';
import { hasEngine } from './image.mjs';
import { childrenOf, signalProcess } from './processes.mjs';
import { Complaint } from './run-tool.mjs';
import { forgetRunning, readRunning, runs } from './running.mjs';

const STOP_MS = 30_000;
const LOOK_AGAIN_MS = 50;

const { values: options } = parseArgs({ options: { volumes: { type: 'boolean', default: false } } });

async function stop(started) {
  const children = childrenOf(started.pid);
  signalProcess(started.pid, started.stopSignal);
  for (const end = Date.now() + STOP_MS; runs(started); ) {
    if (Date.now() > end) {
      console.error(`${started.server}: did not stop within ${STOP_MS / 1000} s, and is killed`);
      for (const pid of [started.pid, ...children]) signalProcess(pid, 'SIGKILL');
      break;
    }
    await new Promise((resolve) => setTimeout(resolve, LOOK_AGAIN_MS));
  }
  console.log(`${started.server}: stopped (process ${started.pid})`);
}

/** Containers do not outlive their engine; those it keeps, the next `make servers` starts again. */
async function stopContainers(project) {
  const answers = hasEngine();
  if (answers) await composeDown(project);
  console.log(`containers: ${answers ? 'stopped' : 'forgotten, since no Docker engine answers'}`);
}

async function down() {
  const { processes, composeProject } = readRunning();
  await Promise.all(processes.map(stop));
  if (composeProject !== undefined) await stopContainers(composeProject);
  if (processes.length === 0 && composeProject === undefined) console.log('no servers of this work tree run');
  forgetRunning();
  if (options.volumes && hasEngine()) console.log(`volumes: ${await removeVolumes()} removed`);
}

down().catch((error) => {
  console.error(error instanceof Complaint ? error.message : error);
  process.exit(1);
});
