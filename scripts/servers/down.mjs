// `make servers-down`: stops what `make servers` started in this work tree, and nothing else. Data stays.
import { composeDown } from './compose.mjs';
import { childrenOf, signalProcess } from './processes.mjs';
import { Complaint } from './run-tool.mjs';
import { forgetRunning, readRunning, runs } from './running.mjs';

const STOP_MS = 30_000;
const LOOK_AGAIN_MS = 50;

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

async function down() {
  const { processes, composeProject } = readRunning();
  await Promise.all(processes.map(stop));
  if (composeProject !== undefined) {
    await composeDown(composeProject);
    console.log('containers: stopped');
  }
  if (processes.length === 0 && composeProject === undefined) console.log('no servers of this work tree run');
  forgetRunning();
}

down().catch((error) => {
  console.error(error instanceof Complaint ? error.message : error);
  process.exit(1);
});
