// Processes by their ids.
import { readFileSync } from 'node:fs';

/** Sends a signal to a process that may have ended. */
export function signalProcess(pid, signal) {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

/** Whether it runs; what ended and was not asked after (a zombie) does not. */
export function isAlive(pid) {
  const state = statOf(pid)?.[0];
  if (process.platform === 'linux') return state !== undefined && state !== 'Z';
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** When it started, in ticks since the machine did: with its id, what tells it from a later process of the same id. */
export function startTicksOf(pid) {
  return statOf(pid)?.[19];
}

/** Linux only; none elsewhere. */
export function childrenOf(pid) {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim();
    return children === '' ? [] : children.split(' ').map(Number);
  } catch {
    return [];
  }
}

/** The fields of /proc/<pid>/stat from the state on; what stands before it may hold spaces. */
function statOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return undefined;
  }
}
