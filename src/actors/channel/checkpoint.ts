/**
 * A channel's state as it is kept in the store, as of some seq; the log rows above it tell the rest.
 *
 * The members of a very large channel are kept apart, in pages by the hash of their ids, so that a change costs the pages
 * it touches. Pages are written before the checkpoint that needs them, and so may be newer than it: to apply the events in
 * between once more leads to the same members.
 */

import { hashOf, type UserId } from '../../core/ids.js';
import type { MessageStore } from '../../core/store.js';
import { stored } from '../../protocol/stored.js';
import { Long, v1 } from '../../protocol/wire.js';
import type { Lags } from './lag.js';
import { type ChannelState, emptyChannel, type MemberState } from './state.js';

export const CHECKPOINT_KEY = 'checkpoint';
const MEMBER_PAGES = 64;
/** Up to so many members stand in the checkpoint itself. More than the inbox tier holds: what follows from events does not. */
const MEMBERS_INLINE_MAX = 1_000;
const MEMBERS_PREFIX = 'members/';

export function isPaged(state: ChannelState): boolean {
  return state.members.size > MEMBERS_INLINE_MAX;
}

const storedMember = ([userId, { role, joinedSeq, deliveredSeq, readSeq }]: [UserId, MemberState]) => ({
  userId,
  role,
  joinedSeq,
  deliveredSeq,
  readSeq,
});

export function encodeCheckpoint(state: ChannelState, lags: Lags): Uint8Array {
  const membersPaged = isPaged(state);
  return stored.ChannelCheckpoint.encode({
    seq: state.seq,
    kind: state.kind,
    name: state.name,
    public: state.public,
    tier: state.tier,
    members: membersPaged ? [] : [...state.members].map(storedMember),
    membersPaged,
    fanOutSince: state.fanOutSince,
    newestMessageSeq: state.newestMessageSeq,
    newestLeftSeq: state.newestLeftSeq,
    hasForms: state.hasForms,
    lags: [...lags.entries()].map(([userId, lag]) => ({ userId, due: lag.due })),
    lastMessageId: state.lastMessageId ?? Long.UZERO,
    lastCreatedAt: Long.fromNumber(state.lastCreatedAtMs, true),
  }).finish();
}

const pageOf = (userId: UserId): number => hashOf(userId) % MEMBER_PAGES;

/** The pages that hold any of `touched`, by key; all of them when undefined. */
export function memberPages(state: ChannelState, touched?: ReadonlySet<UserId>): ReadonlyMap<string, Uint8Array> {
  const pages = new Map<number, stored.IChannelMember[]>();
  if (touched === undefined) for (let page = 0; page < MEMBER_PAGES; page++) pages.set(page, []);
  else for (const userId of touched) pages.set(pageOf(userId), []);
  if (pages.size > 0) for (const member of state.members) pages.get(pageOf(member[0]))?.push(storedMember(member));
  const encoded = [...pages].map(
    ([page, members]) =>
      [`${MEMBERS_PREFIX}${String(page).padStart(2, '0')}`, stored.MembersPage.encode({ members }).finish()] as const,
  );
  return new Map(encoded);
}

function restoreMembers(state: ChannelState, members: readonly stored.IChannelMember[]): void {
  for (const member of members) {
    const role: v1.Role = member.role ?? v1.Role.MEMBER;
    if (role === v1.Role.OWNER) state.owners++;
    const { joinedSeq, deliveredSeq, readSeq } = member;
    state.members.set(member.userId ?? '', {
      role,
      joinedSeq: joinedSeq ?? 0,
      deliveredSeq: deliveredSeq ?? 0,
      readSeq: readSeq ?? 0,
    });
  }
}

/** The state of a checkpoint with its pages of members, what lagged then put into `lags`. Undefined: an empty channel. */
export function decodeCheckpoint(
  value: Uint8Array | undefined,
  lags: Lags,
  pages: readonly Uint8Array[] = [],
): ChannelState {
  const state = emptyChannel();
  if (value === undefined) return state;
  const checkpoint = stored.ChannelCheckpoint.decode(value);
  state.seq = checkpoint.seq;
  state.kind = checkpoint.kind;
  state.name = checkpoint.name;
  state.public = checkpoint.public;
  state.tier = checkpoint.tier;
  state.fanOutSince = checkpoint.fanOutSince;
  state.newestMessageSeq = checkpoint.newestMessageSeq;
  state.newestLeftSeq = checkpoint.newestLeftSeq ?? checkpoint.seq;
  state.hasForms = checkpoint.hasForms;
  state.lastMessageId = checkpoint.lastMessageId.isZero() ? undefined : checkpoint.lastMessageId;
  state.lastCreatedAtMs = checkpoint.lastCreatedAt.toNumber();
  restoreMembers(state, checkpoint.members);
  if (checkpoint.membersPaged) for (const page of pages) restoreMembers(state, stored.MembersPage.decode(page).members);
  for (const lag of checkpoint.lags) lags.restore(lag.userId ?? '', lag.due ?? []);
  return state;
}

/** Reads a channel's checkpoint and, if it has them, its pages of members. */
export async function readCheckpoint(store: MessageStore, partition: string, lags: Lags): Promise<ChannelState> {
  const record = await store.readRecord(partition, CHECKPOINT_KEY);
  if (record === undefined || !stored.ChannelCheckpoint.decode(record.value).membersPaged)
    return decodeCheckpoint(record?.value, lags);
  const pages = await store.readRecords(partition, MEMBERS_PREFIX, MEMBER_PAGES);
  const values = pages.filter(({ key }) => key.startsWith(MEMBERS_PREFIX)).map(({ value }) => value);
  return decodeCheckpoint(record.value, lags, values);
}
