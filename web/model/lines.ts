/** From a channel's events and the messages still on their way to the lines that a conversation shows. Pure. */
import type { ChannelEvent, Member, PendingMessage } from '../../client/index.js';

export type Sending = 'pending' | 'sent' | 'delivered' | 'read' | 'failed';

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

/** Both, ascending by seq, each once; of two with the same seq the one that came later. */
export function mergeEvents(have: readonly ChannelEvent[], came: readonly ChannelEvent[]): readonly ChannelEvent[] {
  const [first, last] = [came[0], have.at(-1)];
  if (first === undefined) return have;
  if (last === undefined || first.seq === last.seq + 1) return [...have, ...came];
  const bySeq = new Map([...have, ...came].map((event) => [event.seq, event]));
  return [...bySeq.values()].sort((one, other) => one.seq - other.seq);
}

export function linesOf(source: LineSource): readonly Line[] {
  const others = [...source.members.values()].filter((member) => member.userId !== source.me);
  const settled = new Set<string>();
  const lines: Line[] = [];
  for (const event of source.events) {
    if (event.from === source.me && event.clientMessageId !== '') settled.add(event.clientMessageId);
    const line = lineOf(event, source, others);
    if (line !== undefined) lines.push(line);
  }
  for (const message of source.pending)
    if (!settled.has(message.clientMessageId)) lines.push(pendingLine(message, source.me));
  return lines;
}

function lineOf(event: ChannelEvent, source: LineSource, others: readonly Member[]): Line | undefined {
  const isMessage = event.type === 'message' || (event.type === 'withheld' && event.reason === 'deleted');
  if (!isMessage) {
    const text = systemText(event, source.me, source.nameOf);
    if (text === undefined) return undefined;
    return { type: 'system', key: `s${event.seq}`, seq: event.seq, at: event.createdAt, text };
  }
  const own = event.from === source.me;
  const readers = own ? others.filter((member) => member.readSeq >= event.seq).length : 0;
  return {
    type: 'message',
    key: own ? `m${event.clientMessageId}` : `s${event.seq}`,
    seq: event.seq,
    at: event.createdAt,
    from: event.from,
    own,
    text: event.type === 'message' ? event.text : undefined,
    sending: own ? sendingOf(event.seq, readers, others) : undefined,
    readers,
    pending: undefined,
  };
}

function sendingOf(seq: number, readers: number, others: readonly Member[]): Sending {
  if (readers > 0) return 'read';
  return others.some((member) => member.deliveredSeq >= seq) ? 'delivered' : 'sent';
}

function pendingLine(message: PendingMessage, me: string): MessageLine {
  return {
    type: 'message',
    key: `m${message.clientMessageId}`,
    seq: message.seq,
    at: message.createdAt ?? message.queuedAt,
    from: me,
    own: true,
    text: message.text,
    sending: message.state,
    readers: 0,
    pending: message,
  };
}

/** One sentence for what is not a message; undefined for what nobody needs to read. */
export function systemText(event: ChannelEvent, me: string, nameOf: (userId: string) => string): string | undefined {
  const who = (userId: string): string => (userId === me ? 'You' : nameOf(userId));
  const whom = (userId: string): string => (userId === me ? 'you' : nameOf(userId));
  const actor = who(event.from);
  switch (event.type) {
    case 'created':
      return event.kind === 'direct' ? undefined : `${actor} created “${event.name}”`;
    case 'joined':
      return event.userId === event.from ? `${actor} joined` : `${actor} added ${whom(event.userId)}`;
    case 'left':
      return event.userId === event.from ? `${actor} left` : `${actor} removed ${whom(event.userId)}`;
    case 'renamed':
      return `${actor} named this conversation “${event.name}”`;
    case 'roleChanged':
      return `${actor} made ${whom(event.userId)} ${ROLE_WITH_ARTICLE[event.role]}`;
    case 'unknown':
      return 'Something happened here that this version of the page does not know. Reload it for a newer one.';
    case 'message':
    case 'withheld':
    case 'tierChanged':
      return undefined;
  }
}

const ROLE_WITH_ARTICLE = { member: 'a member', admin: 'an admin', owner: 'an owner' } as const;
