import { expect, test } from 'vitest';
import { shardOf, userActor } from '../core/ids.js';
import { cursor } from './testing/fake-cluster.js';
import { Stage } from './testing/stage.js';

test('sessions are announced at once to the new owner of their user, with the last position put on the socket', async () => {
  const stage = new Stage();
  const { id, userId } = await login(stage);
  stage.cluster.push(id, 0, ['a', 'b']);
  await stage.clock.settle();
  stage.cluster.told.length = 0;
  stage.cluster.moved([shardOf(userActor(userId)) + 1]);
  expect(stage.cluster.told).toEqual([]);
  stage.cluster.moved([shardOf(userActor(userId))]);
  const [notice] = stage.cluster.noticesOf('session_confirm');
  expect(notice?.confirmation).toMatchObject({ sessionId: id, put: cursor(2), lacking: false });
  expect(notice?.gateway).toBe(stage.cluster.address);
});

test('very many sessions are announced over about a second, none twice', async () => {
  const stage = new Stage();
  for (let i = 0; i < 1_200; i++) await stage.login();
  stage.cluster.told.length = 0;
  const { userId } = await login(stage);
  stage.cluster.moved([shardOf(userActor(userId))]);
  const announced = () => stage.cluster.noticesOf('session_confirm').map(({ confirmation }) => confirmation.sessionId);
  expect(announced()).toHaveLength(500);
  await stage.clock.advance(1_000);
  expect(announced()).toHaveLength(1_201);
  expect(new Set(announced()).size).toBe(1_201);
});

test('a channel followed here is asked for its head when its owner changes', async () => {
  const stage = new Stage();
  const { id } = await stage.login();
  stage.cluster.emit({ type: 'fanout_interest', sessionId: id, add: ['g1'], remove: [] });
  await stage.clock.settle();
  stage.cluster.told.length = 0;
  stage.cluster.moved([shardOf('channel:g1')]);
  expect(stage.cluster.told.map(({ actor, notice }) => `${actor} ${notice.type}`)).toEqual(['channel:g1 publish_head']);
});

async function login(stage: Stage): Promise<{ id: string; userId: string }> {
  const { id } = await stage.login();
  const session = stage.host.sessions.get(id);
  return { id, userId: session?.caller.userId ?? '' };
}
