import { expect, it } from 'vitest';
import { CLOSE } from '../core/errors.js';
import { every } from '../core/every.js';
import { drainSessions } from '../gateway/drain.js';
import type { DrainOptions } from '../gateway/gateway.js';
import { Stage } from '../gateway/testing/stage.js';
import { BusSilence, LOOK_EVERY_MS } from './bus-silence.js';
import { Evacuation } from './evacuation.js';

const ELSEWHERE = ['wss://b.example/v1/connect'];

function setup(silent: boolean, others: readonly string[]) {
  const silence = { isToBeLeft: silent };
  const world = { silence, others, drains: [] as DrainOptions[] };
  const drain = async (options: DrainOptions): Promise<void> => void world.drains.push(options);
  const evacuation = new Evacuation({ silence, others: () => world.others, drain });
  return { world, evacuation };
}

it('sends clients to the other gateways once, until a node is heard again', () => {
  const { world, evacuation } = setup(true, ELSEWHERE);
  evacuation.look();
  evacuation.look();
  expect(world.drains.map(({ to }) => to)).toEqual([ELSEWHERE]);
  expect([evacuation.isUnderWay, world.drains[0]?.calledOff?.aborted]).toEqual([true, false]);
  world.silence.isToBeLeft = false;
  evacuation.look();
  expect([evacuation.isUnderWay, world.drains[0]?.calledOff?.aborted]).toEqual([false, true]);
  world.silence.isToBeLeft = true;
  evacuation.look();
  expect(world.drains).toHaveLength(2);
});

it('keeps clients while nodes are heard, and while there is nowhere to go', () => {
  const { world, evacuation } = setup(false, ELSEWHERE);
  evacuation.look();
  world.silence.isToBeLeft = true;
  world.others = [];
  evacuation.look();
  expect([evacuation.isUnderWay, world.drains]).toEqual([false, []]);
  world.others = ELSEWHERE;
  evacuation.look();
  expect(world.drains).toHaveLength(1);
});

it('moves a client that gets its heartbeats from a gateway whose bus brings nothing', async () => {
  const stage = new Stage();
  const { clock, host } = stage;
  let heardMs = clock.monotonic();
  const silence = new BusSilence(clock, () => heardMs);
  const other = { finishPolls: () => undefined, requestsInFlight: () => 0 };
  const evacuation = new Evacuation({
    silence,
    others: () => ELSEWHERE,
    drain: (options) => drainSessions(host, options, other),
  });
  every(clock, LOOK_EVERY_MS, () => {
    silence.look();
    evacuation.look();
  });
  const { socket } = await stage.login();
  await clock.advance(9_000);
  socket.send({ requestId: 0, heartbeat: {} });
  await clock.settle();
  expect(socket.readTypes()).toEqual(['heartbeat']);
  await clock.advance(2_000);
  expect([socket.readTypes(), socket.closedWith]).toEqual([['reconnect'], CLOSE.draining]);
  const late = stage.connect();
  late.send({ requestId: 1, hello: { token: 'alice.phone' } });
  expect(late.readTypes()).toEqual(['draining']);
  heardMs = clock.monotonic();
  await clock.advance(LOOK_EVERY_MS);
  await stage.login();
});
