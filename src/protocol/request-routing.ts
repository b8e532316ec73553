/**
 * Which actor takes a client's request, and whether the request is one at all: ids, sizes, list lengths and enums are
 * checked here, once, at the edge. Actors may rely on it; who may do what is theirs to decide.
 */
import { createdChannelId } from '../core/created-channel-id.js';
import { ParleyError } from '../core/errors.js';
import {
  type ActorId,
  type ChannelId,
  channelActor,
  directChannelId,
  directMembers,
  isChannelId,
  isUserId,
  type UserId,
  userActor,
} from '../core/ids.js';
import { LIMITS } from '../core/limits.js';
import { UNPRINTABLE } from '../core/unprintable.js';
import type { Caller } from './bus-messages.js';
import type { ClientRequest } from './frames.js';
import { v1 } from './wire.js';

type ValueOf<Type extends ClientRequest['type']> = Extract<ClientRequest, { type: Type }>['value'];

const UNPAIRED_SURROGATE = /\p{Surrogate}/u;
const CONTROL_CHARACTER = /\p{Control}/u;

function check(valid: boolean, sentence: string): asserts valid {
  if (!valid) throw new ParleyError('invalid_argument', { sentence });
}

function checkKey(name: string, key: string): void {
  const most = LIMITS.clientMessageIdCharactersMax;
  if (key.length >= 1 && key.length <= most && !UNPAIRED_SURROGATE.test(key)) return;
  throw new ParleyError('invalid_argument', { sentence: `${name} must have 1 to ${most} characters.` });
}

function checkUser(userId: UserId): void {
  check(isUserId(userId), 'A user id is not valid.');
}

function checkUsers(userIds: readonly UserId[], most: number): void {
  check(userIds.length <= most, `At most ${most} users at once.`);
  userIds.forEach(checkUser);
}

function checkLimit(limit: number, most: number): void {
  check(limit <= most, `The limit is at most ${most}.`);
}

/** Throws `not_a_member` for a direct channel of others, so that no actor wakes for it. */
function checkChannel(caller: Caller, channelId: ChannelId): void {
  const pair = directMembers(channelId);
  const valid = isChannelId(channelId) && (pair === undefined || pair[0] < pair[1]);
  check(valid, 'The channel id is not valid.');
  if (pair !== undefined && !pair.includes(caller.userId)) throw new ParleyError('not_a_member');
}

function checkChannelName(name: string): void {
  const most = LIMITS.channelNameCharactersMax;
  // A character is a code point, of one or two UTF-16 units: the units are counted first, since that costs nothing.
  const fits = name.length <= 2 * most && [...name].length <= most && name.trim() !== '';
  check(fits, `A channel's name has 1 to ${most} characters.`);
  check(!UNPRINTABLE.test(name), "A character of the channel's name is odd.");
}

function checkText(text: string): void {
  if (text === '') throw new ParleyError('message_empty');
  if (Buffer.byteLength(text) > LIMITS.messageBytesMax) throw new ParleyError('message_too_large');
  check(!UNPAIRED_SURROGATE.test(text), 'The text is not valid Unicode.');
}

/** The channel that a send is for. Throws `invalid_argument` or `not_a_member`. */
function channelOfSend(caller: Caller, send: Pick<v1.Send, 'channelId' | 'userId'>): ChannelId {
  check((send.channelId === '') !== (send.userId === ''), 'Name either a channel or a user to send to.');
  if (send.channelId !== '') {
    checkChannel(caller, send.channelId);
    return send.channelId;
  }
  checkUser(send.userId);
  check(send.userId !== caller.userId, 'A direct channel has two people.');
  return directChannelId(caller.userId, send.userId);
}

function checkMention(mention: v1.IMention): void {
  const kind = mention.kind ?? 0;
  check(kind >= v1.MentionKind.MENTION_USER && kind <= v1.MentionKind.MENTION_HERE, 'There is no such mention.');
  const userId = mention.userId ?? '';
  if (kind === v1.MentionKind.MENTION_USER) checkUser(userId);
  else check(userId === '', 'Only a mention of a user names one.');
}

const TOO_MANY_MENTIONS = `At most ${LIMITS.mentionsMax} mentions in a message.`;

function checkBody(body: v1.IMessageBody): void {
  const { text = '', mentions = [] } = body;
  checkText(text ?? '');
  check((mentions?.length ?? 0) <= LIMITS.mentionsMax, TOO_MANY_MENTIONS);
  let end = 0;
  for (const mention of mentions ?? []) {
    checkMention(mention);
    const { start = 0, length = 0 } = mention;
    check((start ?? 0) >= end && (length ?? 0) > 0, 'Mentions stand in the order of the text, and do not overlap.');
    end = (start ?? 0) + (length ?? 0);
  }
  check(end <= (text ?? '').length, 'A mention is outside the text.');
}

function checkReaction(react: v1.IMessageReacted): void {
  const emoji = react.emoji ?? '';
  const fits = emoji !== '' && emoji.length <= LIMITS.emojiCharactersMax && emoji.trim() === emoji;
  check(fits && !UNPAIRED_SURROGATE.test(emoji) && !CONTROL_CHARACTER.test(emoji), 'The reaction is no emoji.');
}

/** Exactly one of message, edit, erase and react. */
function checkContent({ message, edit, erase, react }: v1.Send): void {
  const given = Number(message != null) + Number(edit != null) + Number(erase != null) + Number(react != null);
  if (given === 0) throw new ParleyError('message_empty');
  check(given === 1, 'A send is one of message, edit, erase and react.');
  const target = edit ?? erase ?? react;
  if (target != null) check((target.seq ?? 0) > 0, 'Name the message by its seq.');
  if (message != null) checkBody(message);
  if (edit != null) checkBody(edit.message ?? {});
  if (react != null) checkReaction(react);
}

function routeSend(caller: Caller, send: v1.Send): ActorId {
  const channelId = channelOfSend(caller, send);
  checkKey('client_message_id', send.clientMessageId);
  if (send.after !== '') checkKey('after', send.after);
  check(send.after !== send.clientMessageId, 'A send cannot come after itself.');
  checkContent(send);
  return channelActor(channelId);
}

function routeCreate(caller: Caller, create: v1.CreateChannel): ActorId {
  const { GROUP, BROADCAST } = v1.ChannelKind;
  check(create.kind === GROUP || create.kind === BROADCAST, 'The kind of a new channel is GROUP or BROADCAST.');
  checkChannelName(create.name);
  checkUsers(create.members, LIMITS.createMembersMax);
  checkKey('idempotency_key', create.idempotencyKey);
  return channelActor(createdChannelId(caller.userId, create.idempotencyKey));
}

function checkRole(role: v1.Role, least: v1.Role): void {
  check(role >= least && role <= v1.Role.OWNER, 'There is no such role.');
}

function routeHistory(caller: Caller, history: v1.ReadHistory): ActorId {
  checkChannel(caller, history.channelId);
  const before = typeof history.beforeSeq === 'number';
  check(before !== (typeof history.afterSeq === 'number'), 'Give exactly one of before_seq and after_seq.');
  checkLimit(history.limit, LIMITS.historyPageMax);
  // What is hidden from a reader of a direct channel is known to the reader's own actor.
  const direct = directMembers(history.channelId) !== undefined;
  return direct ? userActor(caller.userId) : channelActor(history.channelId);
}

function checkMessageId(id: ValueOf<'getMessage'>['messageId']): void {
  check(!id.isZero() && id.getHighBitsUnsigned() < 2 ** 31, 'The message id is not valid.');
}

function checkPresence({ choice, status }: v1.SetPresence): void {
  check(choice !== v1.PresenceState.OFFLINE, 'Nobody chooses to be offline: be invisible instead.');
  check(choice >= 0 && choice <= v1.PresenceState.INVISIBLE, 'There is no such presence.');
  const most = LIMITS.statusCharactersMax;
  const text = status ?? '';
  check(text.length <= 2 * most && [...text].length <= most, `A status has at most ${most} characters.`);
  check(!UNPAIRED_SURROGATE.test(text) && !CONTROL_CHARACTER.test(text), 'A character of the status is odd.');
}

/** The actor that knows whether to tell that the user is writing: the user's own. Throws `invalid_argument` or `not_a_member`. */
export function routeTyping(caller: Caller, typing: v1.Typing): ActorId {
  checkChannel(caller, typing.channelId);
  return userActor(caller.userId);
}

function checkSearch(caller: Caller, search: v1.Search): void {
  const { words, channelId, from, before } = search;
  if (Buffer.byteLength(words) > LIMITS.searchQueryBytesMax) {
    const sentence = `A search has at most ${LIMITS.searchQueryBytesMax} bytes.`;
    throw new ParleyError('search_too_long', { sentence });
  }
  if (words.trim() === '' && from === '') throw new ParleyError('search_empty');
  if (channelId !== '') checkChannel(caller, channelId);
  if (from !== '') checkUser(from);
  check(before.getHighBitsUnsigned() < 2 ** 31, 'The message id is not valid.');
  checkLimit(search.limit, LIMITS.searchPageMax);
}

/** Checks requests about one channel that only name it, people and a page. */
function checkChannelRequest(caller: Caller, body: ChannelRequest): void {
  checkChannel(caller, body.value.channelId);
  if (body.type === 'invite') {
    check(body.value.userIds.length > 0, 'Name someone to invite.');
    checkUsers(body.value.userIds, LIMITS.createMembersMax);
    checkRole(body.value.role, v1.Role.ROLE_UNSPECIFIED);
  } else if (body.type === 'remove') checkUser(body.value.userId);
  else if (body.type === 'rename') checkChannelName(body.value.name);
  else if (body.type === 'setRole') {
    checkUser(body.value.userId);
    checkRole(body.value.role, v1.Role.MEMBER);
  } else if (body.type === 'listMembers') {
    if (body.value.after !== '') checkUser(body.value.after);
    checkLimit(body.value.limit, LIMITS.membersPageMax);
  }
}

type ChannelRequest = Extract<
  ClientRequest,
  { type: 'join' | 'leave' | 'invite' | 'remove' | 'rename' | 'setRole' | 'getChannel' | 'listMembers' }
>;

/**
 * The actor that takes `body`. Throws `invalid_argument`, `message_empty`, `message_too_large` or `search_…` when it is malformed,
 * `not_a_member` for a direct channel of two others. A send that names a user goes to the direct channel's actor with
 * its `channelId` left empty: an actor knows its own id.
 */
export function routeRequest(caller: Caller, body: ClientRequest): ActorId {
  switch (body.type) {
    case 'send':
      return routeSend(caller, body.value);
    case 'createChannel':
      return routeCreate(caller, body.value);
    case 'readHistory':
      return routeHistory(caller, body.value);
    case 'getMessage':
      checkMessageId(body.value.messageId);
      return userActor(caller.userId);
    case 'listChannels':
      if (body.value.after !== '') checkChannel(caller, body.value.after);
      checkLimit(body.value.limit, LIMITS.channelsPageMax);
      return userActor(caller.userId);
    case 'listMentions':
      checkLimit(body.value.limit, LIMITS.mentionsKeptMax);
      return userActor(caller.userId);
    case 'markRead':
      checkChannel(caller, body.value.channelId);
      return userActor(caller.userId);
    case 'watchPresence':
      checkUsers(body.value.userIds, LIMITS.watchPresenceMax);
      return userActor(caller.userId);
    case 'setPresence':
      checkPresence(body.value);
      return userActor(caller.userId);
    case 'search':
      checkSearch(caller, body.value);
      return userActor(caller.userId);
    default:
      checkChannelRequest(caller, body);
      return channelActor(body.value.channelId);
  }
}
