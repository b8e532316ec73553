/** Channels and their logs: each route is a request of the client protocol, put to the actor that takes it. */
import type { ActorClient } from '../../cluster/actor-client.js';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { parseMessageId } from '../../core/message-id.js';
import type { ActorAnswer } from '../../protocol/bus-messages.js';
import type { ClientRequest } from '../../protocol/frames.js';
import { routeRequest } from '../../protocol/request-routing.js';
import { v1 } from '../../protocol/wire.js';
import { actorJson } from '../actor-json.js';
import type { From, Routes } from '../route.js';
import { anyObject, integer, list, object, oneOf, optional, text, truth } from '../schema.js';
import { channelIdSchema, messageIdSchema, userIdSchema } from './id-schemas.js';

type Ask = (from: From, body: ClientRequest, answer: ActorAnswer['type']) => Promise<object>;

const UINT32_MAX = 2 ** 32 - 1;
const seq = (description: string) => integer(0, UINT32_MAX, description);
const nameSchema = text({ minLength: 1, maxLength: 2 * LIMITS.channelNameCharactersMax });
const roleSchema = oneOf('MEMBER', 'ADMIN', 'OWNER');
const oneChannel = object({ channelId: channelIdSchema });
const oneMember = object({ channelId: channelIdSchema, userId: userIdSchema });

const answers = {
  channel: anyObject('ChannelInfo of client.proto, as proto3 JSON.'),
  channels: anyObject('ChannelList of client.proto, as proto3 JSON.'),
  members: anyObject('MemberList of client.proto, as proto3 JSON.'),
  history: anyObject('HistoryPage of client.proto, as proto3 JSON.'),
  results: anyObject('SearchResults of client.proto, as proto3 JSON.'),
  event: anyObject('Event of client.proto, as proto3 JSON.'),
};

function addChannelRoutes(routes: Routes, ask: Ask): void {
  routes.caller({
    method: 'GET',
    url: '/channels',
    tag: 'channels',
    summary: "The caller's conversations, a page.",
    query: object({
      after: optional(channelIdSchema),
      limit: optional(integer(1, LIMITS.channelsPageMax, 'Default 100.')),
    }),
    answer: answers.channels,
    handle: ({ query, ...from }) =>
      ask(from, { type: 'listChannels', value: v1.ListChannels.create(query) }, 'channelList'),
  });
  routes.caller({
    method: 'POST',
    url: '/channels',
    tag: 'channels',
    summary: 'Creates a group or broadcast channel; the same idempotencyKey gives the same channel.',
    body: object({
      kind: oneOf('GROUP', 'BROADCAST'),
      name: nameSchema,
      idempotencyKey: text({ minLength: 1, maxLength: LIMITS.clientMessageIdCharactersMax }),
      members: optional(list(userIdSchema, LIMITS.createMembersMax)),
      public: optional(truth),
    }),
    answer: answers.channel,
    status: 201,
    handle: ({ body, ...from }) =>
      ask(from, { type: 'createChannel', value: v1.CreateChannel.fromObject(body) }, 'channel'),
  });
  routes.caller({
    method: 'GET',
    url: '/channels/:channelId',
    tag: 'channels',
    summary: 'One channel, as its member sees it.',
    params: oneChannel,
    answer: answers.channel,
    handle: ({ params, ...from }) => ask(from, { type: 'getChannel', value: v1.GetChannel.create(params) }, 'channel'),
  });
  routes.caller({
    method: 'PATCH',
    url: '/channels/:channelId',
    tag: 'channels',
    summary: 'Renames a channel.',
    params: oneChannel,
    body: object({ name: nameSchema }),
    answer: answers.channel,
    handle: ({ params, body, ...from }) =>
      ask(from, { type: 'rename', value: v1.RenameChannel.create({ ...params, ...body }) }, 'channel'),
  });
}

function addMemberRoutes(routes: Routes, ask: Ask): void {
  routes.caller({
    method: 'GET',
    url: '/channels/:channelId/members',
    tag: 'channels',
    summary: "A channel's members, a page.",
    params: oneChannel,
    query: object({
      after: optional(userIdSchema),
      limit: optional(integer(1, LIMITS.membersPageMax, 'Default 100.')),
    }),
    answer: answers.members,
    handle: ({ params, query, ...from }) =>
      ask(from, { type: 'listMembers', value: v1.ListMembers.create({ ...params, ...query }) }, 'memberList'),
  });
  routes.caller({
    method: 'POST',
    url: '/channels/:channelId/members',
    tag: 'channels',
    summary: 'Invites people.',
    params: oneChannel,
    body: object({ userIds: list(userIdSchema, LIMITS.createMembersMax), role: optional(oneOf('MEMBER', 'ADMIN')) }),
    answer: answers.channel,
    handle: ({ params, body, ...from }) =>
      ask(from, { type: 'invite', value: v1.InviteMembers.fromObject({ ...params, ...body }) }, 'channel'),
  });
  routes.caller({
    method: 'DELETE',
    url: '/channels/:channelId/members/:userId',
    tag: 'channels',
    summary: 'Removes a member.',
    params: oneMember,
    answer: answers.channel,
    handle: ({ params, ...from }) => ask(from, { type: 'remove', value: v1.RemoveMember.create(params) }, 'channel'),
  });
  routes.caller({
    method: 'PATCH',
    url: '/channels/:channelId/members/:userId',
    tag: 'channels',
    summary: "Changes a member's role.",
    params: oneMember,
    body: object({ role: roleSchema }),
    answer: answers.channel,
    handle: ({ params, body, ...from }) =>
      ask(from, { type: 'setRole', value: v1.SetRole.fromObject({ ...params, ...body }) }, 'channel'),
  });
  routes.caller({
    method: 'POST',
    url: '/channels/:channelId/join',
    tag: 'channels',
    summary: 'Joins a public channel.',
    params: oneChannel,
    answer: answers.channel,
    handle: ({ params, ...from }) => ask(from, { type: 'join', value: v1.JoinChannel.create(params) }, 'channel'),
  });
  routes.caller({
    method: 'POST',
    url: '/channels/:channelId/leave',
    tag: 'channels',
    summary: 'Leaves a channel.',
    params: oneChannel,
    handle: ({ params, ...from }) => ask(from, { type: 'leave', value: v1.LeaveChannel.create(params) }, 'done'),
  });
}

function messageIdOf(messageId: string): v1.GetMessage {
  const id = parseMessageId(messageId);
  if (id === undefined) throw new ParleyError('invalid_argument', { sentence: 'The message id is not valid.' });
  return v1.GetMessage.create({ messageId: id });
}

function addLogRoutes(routes: Routes, ask: Ask): void {
  routes.caller({
    method: 'GET',
    url: '/channels/:channelId/history',
    tag: 'messages',
    summary: "A page of the channel's log, ascending: the events before or after a seq; without either, the newest.",
    params: oneChannel,
    query: object({
      before: optional(seq('Events below this seq, the newest of them; 0: up to the head.')),
      after: optional(seq('Events above this seq, the oldest of them.')),
      limit: optional(integer(1, LIMITS.historyPageMax, 'Default 50.')),
    }),
    answer: answers.history,
    handle: ({ params, query, ...from }) => {
      const { before, after, limit = 0 } = query;
      const range = {
        ...(before === undefined && after !== undefined ? {} : { beforeSeq: before ?? 0 }),
        ...(after === undefined ? {} : { afterSeq: after }),
      };
      const value = v1.ReadHistory.create({ ...params, ...range, limit });
      return ask(from, { type: 'readHistory', value }, 'history');
    },
  });
  routes.caller({
    method: 'POST',
    url: '/channels/:channelId/read',
    tag: 'messages',
    summary: "Moves the caller's read cursor up to a seq, on all devices.",
    params: oneChannel,
    body: object({ seq: seq('The last event that was read.') }),
    handle: ({ params, body, ...from }) =>
      ask(from, { type: 'markRead', value: v1.MarkRead.create({ ...params, ...body }) }, 'done'),
  });
  routes.caller({
    method: 'GET',
    url: '/messages/:messageId',
    tag: 'messages',
    summary: 'One message by its id.',
    params: object({ messageId: messageIdSchema }),
    answer: answers.event,
    handle: async ({ params, ...from }) =>
      ask(from, { type: 'getMessage', value: messageIdOf(params.messageId) }, 'message'),
  });
}

const timeSchema = (description: string) => integer(0, 2 ** 48, description);

function addSearchRoute(routes: Routes, ask: Ask): void {
  routes.caller({
    method: 'GET',
    url: '/search',
    tag: 'messages',
    summary: "Messages of the caller's channels, newest first, by their words, their sender, or both.",
    query: object({
      words: optional(text({ description: 'All must be there; the last may be a beginning.' })),
      channelId: optional(channelIdSchema),
      from: optional(userIdSchema),
      since: optional(timeSchema('Not older than this: milliseconds since 1970.')),
      until: optional(timeSchema('Not newer than this: milliseconds since 1970.')),
      before: optional(messageIdSchema),
      limit: optional(integer(1, LIMITS.searchPageMax, 'Default 20.')),
    }),
    answer: answers.results,
    handle: async ({ query, ...from }) => {
      const before = query.before === undefined ? undefined : messageIdOf(query.before).messageId;
      const value = v1.Search.fromObject({ ...query, before });
      return ask(from, { type: 'search', value }, 'searchResults');
    },
  });
}

export function addActorRoutes(routes: Routes, actors: ActorClient): void {
  const ask: Ask = async ({ caller, trace }, body, type) => {
    const answer = await actors.ask(routeRequest(caller, body), { type: 'request', caller, body }, undefined, trace);
    return actorJson(answer, type);
  };
  addChannelRoutes(routes, ask);
  addMemberRoutes(routes, ask);
  addLogRoutes(routes, ask);
  addSearchRoute(routes, ask);
}
