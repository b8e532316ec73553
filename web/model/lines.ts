/** From a channel's events and the messages still on their way to the lines that a conversation shows. Pure. */
import {
  type ChannelEvent,
  type Member,
  type Mention,
  type MessagePicture,
  newerOf,
  type PendingMessage,
  pictureOf,
  type Reaction,
} from '../../client/index.js';
import { isolated } from './bidi.js';
import { DELETED_ACCOUNT } from './people.js';

export type Sending = 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

/** A message as another one quotes it. */
export interface Quote {
  readonly seq: number;
  /** Undefined: not loaded. */
  readonly from: string | undefined;
  /** What the reader calls them; '' where it is not loaded. */
  readonly name: string;
  /** Undefined: deleted, or not loaded. */
  readonly text: string | undefined;
}

export interface MessageLine {
  readonly type: 'message';
  /** The same from `pending` to `read`. */
  readonly key: string;
  /** Undefined until the server took it. */
  readonly seq: number | undefined;
  readonly at: Date;
  readonly from: string;
  readonly own: boolean;
  /** Undefined: deleted. */
  readonly text: string | undefined;
  readonly mentions: readonly Mention[];
  readonly edited: boolean;
  readonly reactions: readonly Reaction[];
  /** The message that this one answers. */
  readonly reply: Quote | undefined;
  /** Own messages only. */
  readonly sending: Sending | undefined;
  /** How many of the others have read it. Own messages only. */
  readonly readers: number;
  /** Set while this device still holds it: to retry or discard. */
  readonly pending: PendingMessage | undefined;
}

export interface SystemLine {
  readonly type: 'system';
  readonly key: string;
  readonly seq: number;
  readonly at: Date;
  readonly text: string;
}

export type Line = MessageLine | SystemLine;

export interface LineSource {
  readonly me: string;
  readonly events: readonly ChannelEvent[];
  readonly pending: readonly PendingMessage[];
  readonly members: ReadonlyMap<string, Member>;
  readonly nameOf: (userId: string) => string;
}

/** Both, ascending by seq, each once; of two with the same seq the one that knows more of what became of it. */
export function mergeEvents(have: readonly ChannelEvent[], came: readonly ChannelEvent[]): readonly ChannelEvent[] {
  const [first, last] = [came[0], have.at(-1)];
  if (first === undefined) return have;
  if (last === undefined || first.seq === last.seq + 1) return [...have, ...came];
  const bySeq = new Map(have.map((event) => [event.seq, event]));
  for (const event of came) {
    const known = bySeq.get(event.seq);
    bySeq.set(event.seq, known === undefined ? event : newerOf(known, event));
  }
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq);
}

export function linesOf(source: LineSource): readonly Line[] {
  const others = [...source.members.values()].filter((member) => member.userId !== source.me);
  const settled = new Set<string>();
  const lines: Line[] = [];
  const changes = changesIn(source.pending, source.me);
  const pictures = pictureOf([...source.events, ...changes]);
  const changing = new Set(changes.map(({ target }) => target));
  for (const event of source.events) {
    if (event.from === source.me && event.clientMessageId !== '') settled.add(event.clientMessageId);
    const picture = pictures.get(event.seq);
    const line =
      picture === undefined ? systemLine(event, source) : messageLine(event, picture, pictures, source, others);
    if (line !== undefined) lines.push(line.type === 'message' && changing.has(event.seq) ? onItsWay(line) : line);
  }
  for (const message of source.pending)
    if (message.said.type === 'message' && !settled.has(message.clientMessageId))
      lines.push(pendingLine(message, pictures, source));
  return lines;
}

/** What edits, deletions and reactions that are on their way will be, after all that has happened: they show at once. */
function changesIn(pending: readonly PendingMessage[], me: string): readonly ChangeEvent[] {
  const first = Number.MAX_SAFE_INTEGER - pending.length;
  return pending.flatMap(({ said, channelId, clientMessageId, queuedAt }, at) => {
    const place = { channelId, seq: first + at, messageId: '', createdAt: queuedAt, from: me, clientMessageId };
    return said.type === 'message' ? [] : [{ ...place, ...said, type: CHANGE_TYPES[said.type] } as ChangeEvent];
  });
}

const CHANGE_TYPES = { edit: 'edited', erase: 'erased', react: 'reacted' } as const;

type ChangeEvent = ChannelEvent & { readonly type: 'edited' | 'erased' | 'reacted' };

/** One's own message, of which something is still to be sent. */
const onItsWay = (line: MessageLine): MessageLine => (line.own ? { ...line, sending: 'pending' } : line);

type Pictures = ReadonlyMap<number, MessagePicture>;

function quoteOf(seq: number | undefined, pictures: Pictures, { me, nameOf }: LineSource): Quote | undefined {
  if (seq === undefined) return undefined;
  const { from, text } = pictures.get(seq) ?? {};
  return { seq, from, name: from === undefined ? '' : from === me ? 'You' : nameOf(from), text };
}

function systemLine(event: ChannelEvent, source: LineSource): Line | undefined {
  const text = systemText(event, source.me, source.nameOf);
  if (text === undefined) return undefined;
  return { type: 'system', key: `s${event.seq}`, seq: event.seq, at: event.createdAt, text };
}

function messageLine(
  event: ChannelEvent,
  picture: MessagePicture,
  pictures: Pictures,
  source: LineSource,
  others: readonly Member[],
): MessageLine {
  const own = event.from === source.me;
  const readers = own ? others.filter((member) => member.readSeq >= event.seq).length : 0;
  return {
    type: 'message',
    key: own ? `m${event.clientMessageId}` : `s${event.seq}`,
    seq: event.seq,
    at: event.createdAt,
    from: event.from,
    own,
    text: picture.text,
    mentions: picture.mentions,
    edited: picture.editedAt !== undefined,
    reactions: picture.reactions,
    reply: quoteOf(picture.replyTo, pictures, source),
    sending: own ? sendingOf(event.seq, readers, others) : undefined,
    readers,
    pending: undefined,
  };
}

function sendingOf(seq: number, readers: number, others: readonly Member[]): Sending {
  if (readers > 0) return 'read';
  return others.some((member) => member.deliveredSeq >= seq) ? 'delivered' : 'sent';
}

function pendingLine(message: PendingMessage, pictures: Pictures, source: LineSource): MessageLine {
  const { said } = message;
  const content = said.type === 'message' ? said : undefined;
  return {
    type: 'message',
    key: `m${message.clientMessageId}`,
    seq: message.seq,
    at: message.createdAt ?? message.queuedAt,
    from: source.me,
    own: true,
    text: message.text,
    mentions: content?.mentions ?? [],
    edited: false,
    reactions: [],
    reply: quoteOf(content?.replyTo, pictures, source),
    sending: message.state,
    readers: 0,
    pending: message,
  };
}

/** One sentence for what is not a message; undefined for what nobody needs to read. */
export function systemText(event: ChannelEvent, me: string, named: (userId: string) => string): string | undefined {
  const nameOf = (userId: string): string => isolated(named(userId));
  const who = (userId: string): string => (userId === me ? 'You' : nameOf(userId));
  const whom = (userId: string): string => (userId === me ? 'you' : nameOf(userId));
  const actor = who(event.from);
  switch (event.type) {
    case 'created':
      return event.kind === 'direct' ? undefined : `${actor} created “${isolated(event.name)}”`;
    case 'joined':
      return joinedText(event.userIds, event.from, me, nameOf);
    case 'left':
      if (event.channelId.includes('~')) return deletedText(nameOf(event.userId));
      return event.userId === event.from ? `${actor} left` : `${actor} removed ${whom(event.userId)}`;
    case 'renamed':
      return `${actor} named this conversation “${isolated(event.name)}”`;
    case 'roleChanged':
      return `${actor} made ${whom(event.userId)} ${ROLE_WITH_ARTICLE[event.role]}`;
    case 'unknown':
      return 'Something happened here that this version of the page does not know. Reload it for a newer one.';
    case 'message':
    case 'edited':
    case 'erased':
    case 'reacted':
    case 'withheld':
    case 'tierChanged':
      return undefined;
  }
}

/** Nobody leaves a direct chat in another way. */
const deletedText = (name: string): string =>
  name === DELETED_ACCOUNT ? 'This account was deleted' : `${name} deleted their account`;

function joinedText(userIds: readonly string[], from: string, me: string, nameOf: (userId: string) => string): string {
  const byThemselves = userIds.includes(from);
  const who = (userId: string): string => (userId === me ? 'You' : nameOf(userId));
  const whom = (userId: string): string => (userId === me ? 'you' : nameOf(userId));
  const readerFirst = userIds.includes(me) ? [me, ...userIds.filter((userId) => userId !== me)] : userIds;
  if (byThemselves) return `${enumerated(readerFirst, who)} joined`;
  return `${who(from)} added ${enumerated(readerFirst, whom)}`;
}

/** People whom a sentence names; of more than these it says how many they are. */
const NAMED_MAX = 3;

function enumerated(userIds: readonly string[], nameOf: (userId: string) => string): string {
  const named = userIds.length > NAMED_MAX ? userIds.slice(0, NAMED_MAX - 1) : userIds;
  const parts = named.map(nameOf);
  if (named.length < userIds.length) parts.push(`${userIds.length - named.length} others`);
  const last = parts.pop() ?? '';
  return parts.length === 0 ? last : `${parts.join(', ')} and ${last}`;
}

const ROLE_WITH_ARTICLE = { member: 'a member', admin: 'an admin', owner: 'an owner' } as const;
