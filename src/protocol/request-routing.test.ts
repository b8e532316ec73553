import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createdChannelId } from '../core/created-channel-id.js';
import { ParleyError } from '../core/errors.js';
import { LIMITS } from '../core/limits.js';
import type { ClientRequest } from './frames.js';
import { routeRequest } from './request-routing.js';
import { serverCodec } from './strict-codec.js';
import { v1 } from './wire.js';

const GROUP = `g${'a'.repeat(16)}`;
const caller = { userId: 'bob', deviceId: 'd1', sessionId: '' };

/** Routes a request that was decoded, whatever its values are. */
function route(type: string, value: object): string {
  const frame = v1.ClientFrame.fromObject({ [type]: value });
  return routeRequest(caller, { type, value: frame[type as keyof v1.ClientFrame] } as ClientRequest);
}

function refusal(type: string, value: object): string {
  try {
    route(type, value);
  } catch (error) {
    if (error instanceof ParleyError) return error.kind;
    throw error;
  }
  return 'accepted';
}

const send = { channelId: GROUP, clientMessageId: 'm1', message: { text: 'hi' } };
const create = { kind: 'GROUP', name: 'Team', members: ['alice'], idempotencyKey: 'k1' };

describe('where a request goes', () => {
  it('takes requests about a channel to the channel', () => {
    for (const type of ['join', 'leave', 'getChannel', 'listMembers'])
      expect(route(type, { channelId: GROUP })).toBe(`channel:${GROUP}`);
    expect(route('send', send)).toBe(`channel:${GROUP}`);
    expect(route('invite', { channelId: GROUP, userIds: ['carol'] })).toBe(`channel:${GROUP}`);
    expect(route('remove', { channelId: GROUP, userId: 'carol' })).toBe(`channel:${GROUP}`);
    expect(route('rename', { channelId: GROUP, name: 'New' })).toBe(`channel:${GROUP}`);
    expect(route('setRole', { channelId: GROUP, userId: 'carol', role: 'ADMIN' })).toBe(`channel:${GROUP}`);
  });

  it('takes a send to a person to their direct channel, whoever comes first in the alphabet', () => {
    expect(route('send', { ...send, channelId: '', userId: 'alice' })).toBe('channel:alice~bob');
    expect(route('send', { ...send, channelId: '', userId: 'carol' })).toBe('channel:bob~carol');
  });

  it('takes a creation to the channel that the creator and the key name', () => {
    expect(route('createChannel', create)).toBe(`channel:${createdChannelId('bob', 'k1')}`);
  });

  it("takes what belongs to the caller to the caller's own actor", () => {
    expect(route('listChannels', {})).toBe('user:bob');
    expect(route('markRead', { channelId: GROUP, seq: 3 })).toBe('user:bob');
    expect(route('watchPresence', { userIds: ['alice'] })).toBe('user:bob');
    expect(route('getMessage', { messageId: '42' })).toBe('user:bob');
  });

  it('reads the history of a direct channel through the reader, who knows what is hidden, and others at the channel', () => {
    expect(route('readHistory', { channelId: 'alice~bob', beforeSeq: 0 })).toBe('user:bob');
    expect(route('readHistory', { channelId: GROUP, afterSeq: 7 })).toBe(`channel:${GROUP}`);
  });
});

describe('what is no request', () => {
  it.each([
    ['a send to nowhere', 'send', { ...send, channelId: '' }],
    ['a send to a channel and a user', 'send', { ...send, userId: 'alice' }],
    ['a send to oneself', 'send', { ...send, channelId: '', userId: 'bob' }],
    ['a send to an odd user', 'send', { ...send, channelId: '', userId: 'A!' }],
    ['a send without an id', 'send', { ...send, clientMessageId: '' }],
    ['a send with a long id', 'send', { ...send, clientMessageId: 'x'.repeat(65) }],
    ['a send with a long `after`', 'send', { ...send, after: 'x'.repeat(65) }],
    ['a send after itself', 'send', { ...send, after: 'm1' }],
    ['half a surrogate pair', 'send', { ...send, message: { text: '\ud800' } }],
    ['an unsorted direct channel', 'join', { channelId: 'bob~alice' }],
    ['a direct channel with oneself', 'join', { channelId: 'bob~bob' }],
    ['an empty channel id', 'getChannel', {}],
    ['a direct channel created by hand', 'createChannel', { ...create, kind: 'DIRECT' }],
    ['an unknown kind', 'createChannel', { ...create, kind: 77 }],
    ['a blank name', 'createChannel', { ...create, name: '  ' }],
    ['a long name', 'createChannel', { ...create, name: 'x'.repeat(81) }],
    ['a name with a line break', 'rename', { channelId: GROUP, name: 'a\nb' }],
    ['a name that turns what follows around', 'rename', { channelId: GROUP, name: 'a\u202eb' }],
    ['a name with a separator of paragraphs', 'rename', { channelId: GROUP, name: 'a\u2029b' }],
    ['too many members', 'createChannel', { ...create, members: Array(201).fill('alice') }],
    ['an odd member', 'createChannel', { ...create, members: ['Alice'] }],
    ['no idempotency key', 'createChannel', { ...create, idempotencyKey: '' }],
    ['an invitation of nobody', 'invite', { channelId: GROUP, userIds: [] }],
    ['an unknown role', 'setRole', { channelId: GROUP, userId: 'alice', role: 9 }],
    ['no role', 'setRole', { channelId: GROUP, userId: 'alice' }],
    ['an odd page of members', 'listMembers', { channelId: GROUP, after: '?' }],
    ['a large page of members', 'listMembers', { channelId: GROUP, limit: 501 }],
    ['a large page of channels', 'listChannels', { limit: 201 }],
    ['a page of channels after no channel', 'listChannels', { after: 'x' }],
    ['a large page of history', 'readHistory', { channelId: GROUP, beforeSeq: 0, limit: 201 }],
    ['history in no direction', 'readHistory', { channelId: GROUP }],
    ['history in both directions', 'readHistory', { channelId: GROUP, beforeSeq: 5, afterSeq: 1 }],
    ['message 0', 'getMessage', { messageId: '0' }],
    ['a message id of 64 bits', 'getMessage', { messageId: '18446744073709551615' }],
    ['too many people to watch', 'watchPresence', { userIds: Array(201).fill('alice') }],
    ['a mark on an odd channel', 'markRead', { channelId: 'x', seq: 1 }],
  ])('refuses %s', (_what, type, value) => {
    expect(refusal(type, value)).toBe('invalid_argument');
  });

  it('says what is wrong with a text', () => {
    expect(refusal('send', { ...send, message: undefined })).toBe('message_empty');
    expect(refusal('send', { ...send, message: { text: '' } })).toBe('message_empty');
    const largest = 'ä'.repeat(LIMITS.messageBytesMax / 2);
    expect(refusal('send', { ...send, message: { text: largest } })).toBe('accepted');
    expect(refusal('send', { ...send, message: { text: `${largest}.` } })).toBe('message_too_large');
  });

  it('counts the characters of a name, not their UTF-16 units', () => {
    expect(refusal('createChannel', { ...create, name: '😀'.repeat(80) })).toBe('accepted');
    expect(refusal('createChannel', { ...create, name: '😀'.repeat(81) })).toBe('invalid_argument');
  });

  it('keeps others out of a direct channel before an actor wakes for it', () => {
    for (const type of ['getChannel', 'listMembers', 'markRead'])
      expect(refusal(type, { channelId: 'alice~carol' })).toBe('not_a_member');
    expect(refusal('readHistory', { channelId: 'alice~carol', beforeSeq: 0 })).toBe('not_a_member');
    expect(refusal('send', { ...send, channelId: 'alice~carol' })).toBe('not_a_member');
  });

  it('throws nothing but its own errors, whatever a decoded frame holds', () => {
    const value = fc.object({
      key: fc.constantFrom('channelId', 'userId', 'userIds', 'members', 'limit', 'after', 'kind', 'messageId', 'name'),
    });
    const type = fc.constantFrom('send', 'createChannel', 'invite', 'listMembers', 'readHistory', 'getMessage');
    const json = serverCodec('parley.v1.json');
    const outcome = (name: string, body: object): string => {
      try {
        routeRequest(caller, json.decode(Buffer.from(JSON.stringify({ [name]: body }))).body as ClientRequest);
        return 'accepted';
      } catch (error) {
        if (error instanceof ParleyError) return error.kind;
        throw error;
      }
    };
    fc.assert(fc.property(type, value, (name, body) => outcome(name, body) !== 'internal'));
  });
});
