import { benchUserId } from '../load/generator/crowd.js';
import { pause } from '../load/generator/pace.js';
import { start } from '../run/candidates.js';
import type { Stage } from './stage.js';
import { verifyFolder } from './verify.js';

/** The embedded form, in a process of its own on core 0, on a fresh data folder with an account for each user. */
export async function embeddedStage(users: number, port: number): Promise<Stage> {
  const running = await start('parley', users, port);
  if (running.target.type !== 'parley') throw new Error('this is not Parley');
  const { path } = running.target;
  let spentSeconds = 0;
  let restarts = false;
  let ended: string | undefined;
  const endedByItself = (): string | undefined => ended ?? running.server.endedByItself;
  const restart = async (how: 'stop' | 'kill'): Promise<void> => {
    // What a stop costs is not counted: /proc forgets it with the process.
    spentSeconds += whileItLives(() => running.server.processorSeconds()) ?? 0;
    ended = endedByItself();
    restarts = true;
    await running.restart(how).finally(() => {
      restarts = false;
    });
  };
  return {
    description: 'the embedded form, started by the bench, all its threads on one core',
    target: running.target,
    api: { host: '127.0.0.1', port, path },
    userId: (user) => benchUserId(user),
    notMeasured: ['a network: everything is on the loopback of one machine, without TLS'],
    async processorSeconds() {
      const now = restarts ? 0 : whileItLives(() => running.server.processorSeconds());
      return now === undefined || endedByItself() !== undefined ? undefined : spentSeconds + now;
    },
    residentMib: async () => whileItLives(() => running.server.residentKib() / 1024),
    endedByItself,
    kill: () => restart('kill'),
    drain: () => restart('stop'),
    async pause(_what, forSeconds) {
      running.server.pause();
      await pause(forSeconds * 1000);
      running.server.resume();
    },
    verify: () => verifyFolder(running.data),
    stop: () => running.stop(),
  };
}

/** /proc knows nothing of a process that is gone, which may be so before its parent hears of it. */
function whileItLives(read: () => number): number | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}
