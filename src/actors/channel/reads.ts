/** What a channel tells its members: itself, its members, pages of its log. Only what is committed. */
import { ParleyError } from '../../core/errors.js';
import { type UserId, userActor } from '../../core/ids.js';
import { LIMITS } from '../../core/limits.js';
import type { HiddenRanges } from '../../protocol/bus-messages.js';
import { countWithin, EncodedEvent } from '../../protocol/encoded-event.js';
import { isSaid } from '../../protocol/erased-event.js';
import { eventPreview } from '../../protocol/preview.js';
import type { v1 } from '../../protocol/wire.js';
import type { Channel } from './channel.js';
import { memberOf } from './decide.js';
import { type Form, inForm, withoutHidden } from './form.js';
import type { MemberState } from './state.js';

/** Channels of up to this many members list them in their info. */
const MEMBERS_IN_INFO_MAX = 50;

function memberView(userId: UserId, member: MemberState): v1.IMember {
  const { role, joinedSeq, deliveredSeq, readSeq } = member;
  return { userId, role, joinedSeq, deliveredSeq, readSeq };
}

/** The channel as `userId` sees it; after leaving, without `me`. */
export function channelInfo(channel: Channel, userId: UserId): v1.IChannelInfo {
  const { state } = channel;
  const me = state.members.get(userId);
  const listed = me !== undefined && state.members.size <= MEMBERS_IN_INFO_MAX;
  return {
    channelId: channel.id,
    kind: state.kind,
    name: state.name,
    public: state.public,
    head: channel.committedHead,
    tier: state.tier,
    memberCount: state.members.size,
    ...(me === undefined ? {} : { me: memberView(userId, me) }),
    members: listed ? [...state.members].map(([id, member]) => memberView(id, member)) : [],
  };
}

/** The `count` smallest ids above `after`, ascending: one walk, since a channel may have very many members. */
function smallestAbove(ids: Iterable<UserId>, after: UserId, count: number): UserId[] {
  let found: UserId[] = [];
  let least: UserId | undefined;
  for (const id of ids) {
    if (id <= after || (least !== undefined && id >= least)) continue;
    found.push(id);
    if (found.length < 2 * count) continue;
    found = found.sort().slice(0, count);
    least = found.at(-1);
  }
  return found.sort().slice(0, count);
}

/** A page of members, by user id. */
export function memberPage(channel: Channel, userId: UserId, request: v1.ListMembers): v1.IMemberList {
  memberOf(channel.state, userId);
  const limit = request.limit || 100;
  const ids = smallestAbove(channel.state.members.keys(), request.after, limit + 1);
  const members = ids.slice(0, limit).flatMap((id) => {
    const member = channel.state.members.get(id);
    return member === undefined ? [] : [memberView(id, member)];
  });
  return { members, more: ids.length > limit };
}

const isWithin = (seq: number, ranges: HiddenRanges): boolean =>
  ranges.some(([first, last]) => seq >= first && seq <= last);

/** The event as a reader with these hidden ranges may see it: a message as it is now, unless what it became is hidden. */
function shown(event: EncodedEvent, form: Form | undefined, reader: UserId, hidden: HiddenRanges): EncodedEvent {
  const { seq, from } = event.value;
  if (from !== reader && isSaid(event.value) && isWithin(seq, hidden)) return event.hidden();
  if (form === undefined) return event;
  const seen = hidden.length === 0 ? form : withoutHidden(form, (at) => isWithin(at, hidden));
  return EncodedEvent.of(inForm(event.value, seen));
}

/** Events of the log with the messages among them as they are now. */
export async function shownEvents(
  channel: Channel,
  events: readonly EncodedEvent[],
  reader: UserId,
  hidden: HiddenRanges,
): Promise<EncodedEvent[]> {
  const [first, last] = [events[0]?.value.seq ?? 0, events.at(-1)?.value.seq ?? 0];
  const forms = await channel.forms.read(first, last + 1);
  return events.map((event) => shown(event, forms.get(event.value.seq), reader, hidden));
}

/** The half-open range of seqs that a history request asks for. */
function rangeOf(request: v1.ReadHistory, head: number): readonly [number, number] {
  const limit = request.limit || 50;
  if (typeof request.afterSeq === 'number') {
    const from = request.afterSeq + 1;
    return [from, Math.min(from + limit, head + 1)];
  }
  const before = request.beforeSeq ? Math.min(request.beforeSeq, head + 1) : head + 1;
  return [Math.max(1, before - limit), before];
}

/** As many as the bytes of a page allow, from the end that the reader goes on from: never a hole beside what it has. */
function ofOnePage(events: readonly EncodedEvent[], request: v1.ReadHistory): readonly EncodedEvent[] {
  if (typeof request.afterSeq === 'number') return events.slice(0, countWithin(events, LIMITS.historyPageBytesMax));
  return events.slice(-countWithin([...events].reverse(), LIMITS.historyPageBytesMax));
}

/** A page of the log as it is now, of at most LIMITS.historyPageBytesMax: fewer events than asked for does not mean that it ends. */
export async function historyPage(
  channel: Channel,
  userId: UserId,
  request: v1.ReadHistory,
  hidden: HiddenRanges,
): Promise<v1.IHistoryPage> {
  memberOf(channel.state, userId);
  const head = channel.committedHead;
  const [from, to] = rangeOf(request, head);
  const events = from < to ? await channel.events(from, Math.min(to, from + LIMITS.historyPageMax)) : [];
  // Once more when they are shown: by its edits and reactions a message may be much longer than it was written.
  const page = ofOnePage(await shownEvents(channel, ofOnePage(events, request), userId, hidden), request);
  return { channelId: channel.id, events: page.map(({ value }) => value), head, floor: 0 };
}

/** Where the newest message's position is not known, it is looked for in so many events before the head. */
const LAST_MESSAGE_WITHIN = 20;

/** Where the newest committed message is to be found, from ≤ seq < to. */
function newestMessageIn({ committedHead: head, state }: Channel): [number, number] {
  const { newestMessageSeq: seq } = state;
  return seq > 0 && seq <= head ? [seq, seq + 1] : [Math.max(1, head - LAST_MESSAGE_WITHIN + 1), head + 1];
}

/** Tells a member's own actor how far the channel has come: the channel's events do not pass through its inbox. */
export async function tellHead(channel: Channel, userId: UserId): Promise<void> {
  const head = channel.committedHead;
  const { members, name } = channel.state;
  if (!members.has(userId)) return;
  const latest = await channel.events(...newestMessageIn(channel)).catch(() => []);
  const now = await shownEvents(channel, latest, userId, []).catch(() => []);
  const last = now.findLast(({ value: { message, deleted } }) => message != null || deleted);
  const lastMessage = last && eventPreview(last);
  channel.host.tell(userActor(userId), { type: 'channel_head', channelId: channel.id, head, name, lastMessage });
}

export async function messageById(
  channel: Channel,
  userId: UserId,
  request: v1.GetMessage,
  hidden: HiddenRanges,
): Promise<v1.IEvent> {
  memberOf(channel.state, userId);
  const place = await channel.host.idIndex.find(request.messageId);
  if (place === undefined || place.channelId !== channel.id) throw new ParleyError('message_not_found');
  const [event] = await shownEvents(channel, await channel.events(place.seq, place.seq + 1), userId, hidden);
  if (event === undefined) throw new ParleyError('message_not_found');
  return event.value;
}
