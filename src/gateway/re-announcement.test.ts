import { expect, test } from 'vitest';
import { shardOf, userActor } from '../core/ids.js';
import { cursor, obliging } from './testing/fake-cluster.js';
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

test('a session that opened while its user moved is announced as it begins, since another owner may have opened it elsewhere', async () => {
  const stage = new Stage();
  stage.cluster.respond = async (actor, question) => {
    if (question.type === 'session_open') stage.cluster.moved([shardOf(actor)]);
    return obliging(actor, question);
  };
  const { id } = await login(stage);
  expect(stage.cluster.noticesOf('session_confirm')).toMatchObject([
    { confirmation: { sessionId: id, put: cursor(0), lacking: false } },
  ]);
});

test('a new owner is told that nobody is at the device, as the device said to the one before', async () => {
  const stage = new Stage();
  const { socket, userId } = await login(stage);
  const told = () => stage.cluster.noticesOf('session_confirm').at(-1)?.confirmation.idle;
  const say = (idle: boolean) => socket.send({ requestId: 5, setPresence: { idle } });
  say(true);
  stage.cluster.moved([shardOf(userActor(userId))]);
  expect(told()).toBe(true);
  say(false);
  stage.cluster.moved([shardOf(userActor(userId))]);
  expect(told()).toBe(false);
});

test('an owner that took a session over is asked to watch whom it watches, and no other', async () => {
  const stage = new Stage();
  const { socket, id } = await login(stage);
  const watched = () =>
    stage.cluster.asked.flatMap(({ question }) =>
      question.type === 'request' && question.body.type === 'watchPresence' ? [question.body.value.userIds] : [],
    );
  stage.cluster.emit({ type: 'session_adopted', sessionId: id });
  expect(watched()).toEqual([]);
  for (const userIds of [['bob', 'carol'], ['bob']]) socket.send({ requestId: 6, watchPresence: { userIds } });
  await stage.clock.settle();
  stage.cluster.emit({ type: 'session_adopted', sessionId: id });
  expect(watched()).toEqual([['bob', 'carol'], ['bob'], ['bob']]);
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
  stage.cluster.emit({ type: 'fanout_interest', sessionId: id, add: ['g1'], seqs: [], remove: [] });
  await stage.clock.settle();
  stage.cluster.told.length = 0;
  stage.cluster.moved([shardOf('channel:g1')]);
  expect(stage.cluster.told.map(({ actor, notice }) => `${actor} ${notice.type}`)).toEqual(['channel:g1 publish_head']);
});

async function login(stage: Stage) {
  const { id, socket } = await stage.login();
  const session = stage.host.sessions.get(id);
  return { id, socket, userId: session?.caller.userId ?? '' };
}
