import { beforeEach, expect, it } from 'vitest';
import { CLOSE } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import { SWEEP_TURN_MS, Sweeper } from './sweep.js';
import { Stage } from './testing/stage.js';

const TURNS = 20;

let stage: Stage;
let sweeper: Sweeper;
beforeEach(() => {
  stage = new Stage();
  sweeper = new Sweeper(stage.host);
});

/** The process stands still for so long, and goes on with a turn of the sweep: what came meanwhile is read after it. */
async function holdUp(forMs: number): Promise<void> {
  await stage.clock.advance(forMs);
  sweeper.sweepSome(forMs - SWEEP_TURN_MS);
}

function sweepRound(lateMs = 0): void {
  for (let turn = 0; turn < TURNS; turn++) sweeper.sweepSome(lateMs);
}

it('takes nobody for silent whose frame came while the process was held up', async () => {
  const { socket } = await stage.login();
  const newcomer = stage.connect();
  await holdUp(LIMITS.heartbeatMs + LIMITS.heartbeatGraceMs + 1_000);
  socket.send({ heartbeat: {} });
  newcomer.send({ requestId: 1, hello: { token: 'bob.phone' } });
  await stage.clock.settle();
  sweepRound();
  expect([socket.closedWith, newcomer.closedWith]).toEqual([undefined, undefined]);
});

it('ends who is silent afterwards, also where every turn is late', async () => {
  const { socket } = await stage.login();
  const newcomer = stage.connect();
  await holdUp(LIMITS.heartbeatMs + LIMITS.heartbeatGraceMs + 1_000);
  sweepRound(2_000);
  sweepRound(2_000);
  expect([socket.closedWith, newcomer.closedWith]).toEqual([CLOSE.heartbeat_missed, CLOSE.hello_timeout]);
});
