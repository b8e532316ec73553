import { expect, test } from 'vitest';
import { hashOfSet, shardOf, userActor } from '../core/ids.js';
import { EncodedEvent } from '../protocol/encoded-event.js';
import { v1 } from '../protocol/wire.js';
import { cursor, message } from './testing/fake-cluster.js';
import { Stage } from './testing/stage.js';

const CHANNEL = 'gaaaaaaaaaaaaaaaa';

/** `seq`: the newest event that the actor has of what is added. */
function interest(stage: Stage, sessionId: string, add: string[], remove: string[] = [], seq = 1): void {
  stage.cluster.emit({ type: 'fanout_interest', sessionId, add, seqs: add.map(() => seq), remove });
}

function publish(stage: Stage, head: number): void {
  stage.cluster.emit({ type: 'fanout', events: { channelId: CHANNEL, head, events: [message(head, 'hi', CHANNEL)] } });
}

/** Somebody leaves or joins. */
function publishChange(stage: Stage, seq: number, body: Pick<v1.IEvent, 'left' | 'joined'>): void {
  const events = [EncodedEvent.of(v1.Event.create({ channelId: CHANNEL, seq, ...body }))];
  stage.cluster.emit({ type: 'fanout', events: { channelId: CHANNEL, head: seq, events } });
}

test('the first interested session subscribes, and asks for the head once the subscription is active', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  interest(stage, id, [CHANNEL]);
  expect(stage.cluster.noticesOf('publish_head')).toEqual([]);
  await stage.clock.settle();
  expect(stage.cluster.subscribed.has(CHANNEL)).toBe(true);
  expect(stage.cluster.told.at(-1)).toEqual({ actor: `channel:${CHANNEL}`, notice: { type: 'publish_head' } });
  expect(socket.followed.has(CHANNEL)).toBe(true);
});

test('a head that does not come is asked for again, less and less often, and sooner where somebody more waits for it', async () => {
  const stage = new Stage();
  const one = await stage.login();
  const two = await stage.login({ token: 'bob.phone' });
  const asked = () => stage.cluster.noticesOf('publish_head').length;
  const pass = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      for (const { socket } of [one, two]) socket.send({ heartbeat: {} });
      await stage.sweeps(1);
    }
  };
  interest(stage, one.id, [CHANNEL]);
  await stage.clock.settle();
  expect(asked()).toBe(1);
  await pass(2);
  expect(asked()).toBe(2);
  await pass(600);
  expect(asked()).toBe(15); // after 4, 8, 16, 32 and then every 60 seconds
  interest(stage, two.id, [CHANNEL]);
  await pass(1);
  expect(asked()).toBe(16);
  publish(stage, 9);
  await pass(120);
  expect(asked()).toBe(16);
  stage.cluster.moved([shardOf(`channel:${CHANNEL}`)]);
  await pass(2);
  expect(asked()).toBe(18);
  for (const { socket } of [one, two]) socket.link.lost(1000);
  await stage.sweeps(120);
  expect(asked()).toBe(18);
});

test('channels named when the session opens are followed from the start', async () => {
  const stage = new Stage();
  stage.cluster.respond = () => ({ type: 'session_opened', value: { cursor: cursor(0), fanoutChannels: [CHANNEL] } });
  const { socket } = await stage.login();
  expect(socket.followed.has(CHANNEL)).toBe(true);
});

test('a later session learns the head that the gateway knows', async () => {
  const stage = new Stage();
  interest(stage, (await stage.login()).id, [CHANNEL]);
  publish(stage, 41);
  expect(stage.published).toEqual([`${CHANNEL}:41`]);
  const { socket, id } = await stage.login({ token: 'bob.phone' });
  interest(stage, id, [CHANNEL]);
  await stage.clock.settle();
  expect(socket.read()[0]?.fanout).toMatchObject({ channelId: CHANNEL, head: 41 });
});

test('what a session was given before it follows is written before anything that is published can be', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  stage.cluster.push(id, 0, ['one']);
  interest(stage, id, [CHANNEL]);
  expect(socket.texts()).toEqual(['one']);
  socket.link.lost(1006);
  const back = stage.connect();
  back.send({ requestId: 1, hello: { token: 'alice.phone', resume: { sessionId: id, sessionSeq: 0 } } });
  const writtenFirst: unknown[] = [];
  back.follow = () => void writtenFirst.push(...back.readTypes());
  await stage.clock.settle();
  expect(writtenFirst).toEqual(['welcome', 'deliveries']);
});

test('a session that ends as what it was given before is written follows nothing', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  Object.assign(socket, { resumable: false, dropping: true });
  stage.cluster.push(id, 0, ['one']);
  interest(stage, id, [CHANNEL]);
  expect(stage.host.sessions.size).toBe(0);
  expect(stage.cluster.subscribed.size).toBe(0);
});

test('the last session that loses interest unsubscribes; events nobody follows go nowhere', async () => {
  const stage = new Stage();
  const one = await stage.login();
  const two = await stage.login({ token: 'bob.phone' });
  interest(stage, one.id, [CHANNEL]);
  interest(stage, two.id, [CHANNEL]);
  interest(stage, one.id, [], [CHANNEL]);
  expect(stage.cluster.subscribed.has(CHANNEL)).toBe(true);
  two.socket.link.lost(1000);
  expect(stage.cluster.subscribed.has(CHANNEL)).toBe(false);
  publish(stage, 3);
  expect(stage.published).toEqual([]);
});

test('a resumed session follows its channels on the new connection and learns their heads', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  interest(stage, id, [CHANNEL]);
  socket.link.lost(1006);
  publish(stage, 8);
  const back = await stage.login({ resume: { sessionId: id, sessionSeq: 0 } });
  expect(back.socket.followed.has(CHANNEL)).toBe(true);
  expect(back.socket.read()[0]?.fanout?.head).toBe(8);
});

test('who leaves gets the event that says so and none after it, whatever is said of their interest meanwhile', async () => {
  const stage = new Stage();
  const alice = await stage.login();
  const bob = await stage.login({ token: 'bob.phone' });
  const follows = () => [alice, bob].map(({ socket }) => socket.followed.has(CHANNEL));
  for (const { id } of [alice, bob]) interest(stage, id, [CHANNEL]);
  stage.onPublished = (head) => expect([head, ...follows()]).toEqual([5, true, true]);
  publishChange(stage, 5, { left: { userId: 'alice' } });
  expect(follows()).toEqual([false, true]);
  interest(stage, alice.id, [CHANNEL]); // of before
  expect(follows()).toEqual([false, true]);
  alice.socket.link.lost(1006);
  const back = await stage.login({ resume: { sessionId: alice.id, sessionSeq: 0 } });
  expect(back.socket.followed.has(CHANNEL)).toBe(false);
  interest(stage, alice.id, [], [CHANNEL]);
  interest(stage, alice.id, [CHANNEL]); // invited again
  expect(back.socket.followed.has(CHANNEL)).toBe(true);
});

test('who came back follows the channel, whichever way is the faster, and whatever comes late', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  interest(stage, id, [CHANNEL]);
  interest(stage, id, [], [CHANNEL]);
  interest(stage, id, [CHANNEL]); // the actor has seen the user leave and come back
  publishChange(stage, 5, { left: { userId: 'alice' } });
  socket.read();
  publishChange(stage, 6, { joined: { userId: 'carol', others: ['alice'] } });
  expect(socket.followed.has(CHANNEL)).toBe(true);
  await stage.clock.settle();
  expect(socket.read()[0]?.fanout).toMatchObject({ channelId: CHANNEL, head: 6 });
  publishChange(stage, 5, { left: { userId: 'alice' } });
  expect(socket.followed.has(CHANNEL)).toBe(true);
});

test('who was removed and invited again follows, also where a broken bus lost everything but what the actor says again', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  const said = () =>
    stage.cluster.noticesOf('session_confirm').flatMap(({ confirmation }) => confirmation.following ?? []);
  const follows = () => socket.followed.has(CHANNEL);
  interest(stage, id, [CHANNEL, 'gbbbbbbbbbbbbbbbb']);
  publishChange(stage, 5, { left: { userId: 'alice' } });
  stage.cluster.moved([shardOf(userActor('alice'))]);
  expect(said()).toEqual([hashOfSet(['gbbbbbbbbbbbbbbbb'])]); // the actor knows it as a member, and sees what is missing
  interest(stage, id, [CHANNEL], [], 4); // of before
  expect(follows()).toBe(false);
  interest(stage, id, [CHANNEL], [], 6);
  expect(follows()).toBe(true);
  publishChange(stage, 7, { left: { userId: 'alice' } });
  expect(follows()).toBe(false);
  socket.link.lost(1000);
  expect(stage.cluster.subscribed.size).toBe(0);
});

test('a session says what it follows as often as its lease is renewed, and to a new owner: a lost word of it shows', async () => {
  const stage = new Stage();
  const { socket, id } = await stage.login();
  interest(stage, id, [CHANNEL, 'gbbbbbbbbbbbbbbbb']);
  const said = () =>
    stage.cluster.noticesOf('session_confirm').flatMap(({ confirmation }) => confirmation.following ?? []);
  for (let i = 0; i < 62; i++) {
    socket.send({ heartbeat: {} });
    stage.cluster.push(id, i, [`${i}`]); // there is something to confirm each second
    await stage.sweeps(1);
  }
  const both = hashOfSet(['gbbbbbbbbbbbbbbbb', CHANNEL]);
  expect(said()).toEqual([both, both]);
  interest(stage, id, [], [CHANNEL, 'gbbbbbbbbbbbbbbbb']);
  stage.cluster.moved([shardOf(userActor('alice'))]);
  expect(said()).toEqual([both, both, 0]);
});
