import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createdChannelId } from '../core/created-channel-id.js';
import { ParleyError } from '../core/errors.js';
import type { ActorAnswer } from '../protocol/bus-messages.js';
import { Long, v1 } from '../protocol/wire.js';
import { createHarness, type Harness } from './testing/harness.js';

const GROUP = `g${'a'.repeat(16)}`;
const channel: ActorAnswer = {
  type: 'channel',
  value: { channelId: GROUP, kind: v1.ChannelKind.GROUP, name: 'Team', head: 7, memberCount: 2 },
};
const done: ActorAnswer = { type: 'done', value: {} };
const event: v1.IEvent = {
  channelId: GROUP,
  seq: 7,
  messageId: Long.fromString('7396123456789012345', true),
  from: 'bob',
  message: { text: 'hi' },
};

let chat: Harness;
let token: string;

beforeAll(async () => {
  chat = await createHarness();
  token = (await chat.join('alice')).accessToken;
});

beforeEach(() => {
  chat.actors.asked.length = 0;
});

/** Calls with the actor answering `answer`; returns what came back and what the actor was asked. */
async function put(request: string, answer: ActorAnswer, body?: object) {
  chat.actors.answer = answer;
  const received = await chat.call(request, { token, body });
  const asked = chat.actors.asked.at(-1);
  if (asked?.question.type !== 'request') throw new Error(`no actor was asked: ${received.text}`);
  const { type, value } = asked.question.body;
  return { ...received, actor: asked.actor, type, value, caller: asked.question.caller };
}

describe('channels', () => {
  it('are asked for at the actor that owns them, as the caller, outside any session', async () => {
    const answer = await put(`GET /v1/channels/${GROUP}`, channel);
    expect(answer).toMatchObject({ status: 200, actor: `channel:${GROUP}`, type: 'getChannel' });
    expect(answer.caller).toMatchObject({ userId: 'alice', sessionId: '' });
    expect(answer.json).toEqual({
      channelId: GROUP,
      kind: 'GROUP',
      name: 'Team',
      head: 7,
      memberCount: 2,
      members: [],
    });
  });

  it('are created at the actor that the idempotency key names', async () => {
    const body = { kind: 'GROUP', name: 'Team', idempotencyKey: 'k', members: ['bob'], public: true };
    const answer = await put('POST /v1/channels', channel, body);
    expect(answer).toMatchObject({ status: 201, actor: `channel:${createdChannelId('alice', 'k')}` });
    expect(answer.value).toMatchObject({ ...body, kind: v1.ChannelKind.GROUP });
  });

  it('are listed by the caller’s own actor', async () => {
    const channels = [{ channelId: GROUP, kind: v1.ChannelKind.GROUP, unread: 3, lastMessage: event }];
    const listed: ActorAnswer = { type: 'channelList', value: { channels, more: true } };
    const answer = await put(`GET /v1/channels?after=alice~bob&limit=1`, listed);
    expect(answer).toMatchObject({ status: 200, actor: 'user:alice', type: 'listChannels' });
    expect(answer.value).toMatchObject({ after: 'alice~bob', limit: 1 });
    expect(answer.json).toMatchObject({ channels: [{ unread: 3, lastMessage: { seq: 7 } }], more: true });
  });

  it('are renamed, joined and left', async () => {
    const renamed = await put(`PATCH /v1/channels/${GROUP}`, channel, { name: 'New' });
    expect(renamed).toMatchObject({ status: 200, type: 'rename', value: { channelId: GROUP, name: 'New' } });
    expect(await put(`POST /v1/channels/${GROUP}/join`, channel)).toMatchObject({ status: 200, type: 'join' });
    expect(await put(`POST /v1/channels/${GROUP}/leave`, done)).toMatchObject({ status: 204, type: 'leave', text: '' });
  });

  it('have members who are listed, invited, promoted and removed', async () => {
    const members: ActorAnswer = { type: 'memberList', value: { members: [{ userId: 'bob', role: v1.Role.OWNER }] } };
    const listed = await put(`GET /v1/channels/${GROUP}/members?after=alice&limit=5`, members);
    expect(listed).toMatchObject({ type: 'listMembers', value: { channelId: GROUP, after: 'alice', limit: 5 } });
    expect(listed.json).toMatchObject({ members: [{ userId: 'bob', role: 'OWNER' }] });
    const invited = await put(`POST /v1/channels/${GROUP}/members`, channel, { userIds: ['carol'], role: 'ADMIN' });
    expect(invited).toMatchObject({ status: 200, type: 'invite', value: { userIds: ['carol'], role: v1.Role.ADMIN } });
    const promoted = await put(`PATCH /v1/channels/${GROUP}/members/carol`, channel, { role: 'OWNER' });
    expect(promoted).toMatchObject({ type: 'setRole', value: { userId: 'carol', role: v1.Role.OWNER } });
    const removed = await put(`DELETE /v1/channels/${GROUP}/members/carol`, channel);
    expect(removed).toMatchObject({ status: 200, type: 'remove', value: { channelId: GROUP, userId: 'carol' } });
  });
});

describe('history', () => {
  const page: ActorAnswer = { type: 'history', value: { channelId: GROUP, events: [event], head: 7, floor: 0 } };

  it('of a group comes from the channel, newest page first', async () => {
    const answer = await put(`GET /v1/channels/${GROUP}/history`, page);
    expect(answer).toMatchObject({ status: 200, actor: `channel:${GROUP}`, type: 'readHistory' });
    expect(answer.value).toMatchObject({ beforeSeq: 0, limit: 0 });
    const [first] = (answer.json as { events: object[] }).events;
    expect(first).toMatchObject({ messageId: '7396123456789012345', message: { text: 'hi' } });
  });

  it('of a direct channel comes from the reader’s own actor, who knows what is hidden', async () => {
    const answer = await put('GET /v1/channels/alice~bob/history?after=3&limit=20', page);
    expect(answer).toMatchObject({ actor: 'user:alice', value: { channelId: 'alice~bob', afterSeq: 3, limit: 20 } });
    expect(answer.value).not.toHaveProperty('beforeSeq', 0);
  });

  it('moves the read cursor, and finds one message by its id', async () => {
    const read = await put(`POST /v1/channels/${GROUP}/read`, done, { seq: 7 });
    expect(read).toMatchObject({ status: 204, actor: 'user:alice', type: 'markRead', value: { seq: 7 } });
    const found = await put('GET /v1/messages/7396123456789012345', { type: 'message', value: event });
    expect(found).toMatchObject({ status: 200, actor: 'user:alice', type: 'getMessage', json: { seq: 7 } });
  });
});

describe('what actors refuse and what they are spared', () => {
  it('passes an actor’s refusal on with its status and its time', async () => {
    chat.actors.answer = new ParleyError('not_a_member');
    expect(await chat.call(`GET /v1/channels/${GROUP}`, { token })).toMatchObject({
      status: 403,
      error: 'not_a_member',
    });
    chat.actors.answer = new ParleyError('overloaded', { retryAfterMs: 100 });
    const refused = await chat.call(`GET /v1/channels/${GROUP}`, { token });
    expect(refused).toMatchObject({ status: 503, error: 'overloaded', headers: { 'retry-after': '1' } });
  });

  it.each([
    ['GET /v1/channels/nonsense', undefined],
    ['GET /v1/channels/bob~alice', undefined],
    ['GET /v1/channels?limit=201', undefined],
    ['GET /v1/channels?after=nonsense', undefined],
    [`GET /v1/channels/${GROUP}/members?limit=501`, undefined],
    [`GET /v1/channels/${GROUP}/history?limit=201`, undefined],
    [`GET /v1/channels/${GROUP}/history?before=1&after=1`, undefined],
    [`GET /v1/channels/${GROUP}/history?before=-1`, undefined],
    [`GET /v1/channels/${GROUP}/history?before=4294967296`, undefined],
    ['GET /v1/messages/0', undefined],
    ['GET /v1/messages/01', undefined],
    ['GET /v1/messages/9999999999999999999', undefined],
    ['GET /v1/messages/abc', undefined],
    ['POST /v1/channels', { kind: 'DIRECT', name: 'x', idempotencyKey: 'k' }],
    ['POST /v1/channels', { kind: 'GROUP', name: ' ', idempotencyKey: 'k' }],
    ['POST /v1/channels', { kind: 'GROUP', name: 'x' }],
    ['POST /v1/channels', { kind: 'GROUP', name: 'x', idempotencyKey: 'k', members: Array(201).fill('bob') }],
    [`PATCH /v1/channels/${GROUP}`, { name: '' }],
    [`PATCH /v1/channels/${GROUP}`, { name: 'x', kind: 'GROUP' }],
    [`POST /v1/channels/${GROUP}/members`, { userIds: [] }],
    [`POST /v1/channels/${GROUP}/members`, { userIds: ['bob'], role: 'OWNER' }],
    [`PATCH /v1/channels/${GROUP}/members/bob`, { role: 'KING' }],
    [`POST /v1/channels/${GROUP}/read`, { seq: '7' }],
    [`POST /v1/channels/${GROUP}/read`, {}],
  ])('refuses %s %j without asking anyone', async (request, body) => {
    expect(await chat.call(request, { token, body })).toMatchObject({ status: 400, error: 'invalid_argument' });
    expect(chat.actors.asked).toEqual([]);
  });

  it('keeps direct channels of others to themselves', async () => {
    const answer = await chat.call('GET /v1/channels/bob~carol/history', { token });
    expect(answer).toMatchObject({ status: 403, error: 'not_a_member' });
    expect(chat.actors.asked).toEqual([]);
  });
});
