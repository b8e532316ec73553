/** A channel's state as it is kept in the store, as of some seq; the log rows above it tell the rest. */

import { stored } from '../../protocol/stored.js';
import { Long, v1 } from '../../protocol/wire.js';
import type { Lags } from './lag.js';
import { type ChannelState, emptyChannel } from './state.js';

export const CHECKPOINT_KEY = 'checkpoint';

export function encodeCheckpoint(state: ChannelState, lags: Lags): Uint8Array {
  return stored.ChannelCheckpoint.encode({
    seq: state.seq,
    kind: state.kind,
    name: state.name,
    public: state.public,
    tier: state.tier,
    members: [...state.members].map(([userId, { role, joinedSeq, deliveredSeq, readSeq }]) => ({
      userId,
      role,
      joinedSeq,
      deliveredSeq,
      readSeq,
    })),
    lags: [...lags.entries()].map(([userId, lag]) => ({ userId, due: lag.due })),
    lastMessageId: state.lastMessageId ?? Long.UZERO,
    lastCreatedAt: Long.fromNumber(state.lastCreatedAtMs, true),
  }).finish();
}

/** The state of a checkpoint, what lagged then put into `lags`. Undefined: an empty channel. */
export function decodeCheckpoint(value: Uint8Array | undefined, lags: Lags): ChannelState {
  const state = emptyChannel();
  if (value === undefined) return state;
  const checkpoint = stored.ChannelCheckpoint.decode(value);
  state.seq = checkpoint.seq;
  state.kind = checkpoint.kind;
  state.name = checkpoint.name;
  state.public = checkpoint.public;
  state.tier = checkpoint.tier;
  state.lastMessageId = checkpoint.lastMessageId.isZero() ? undefined : checkpoint.lastMessageId;
  state.lastCreatedAtMs = checkpoint.lastCreatedAt.toNumber();
  for (const member of checkpoint.members) {
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
  for (const lag of checkpoint.lags) lags.restore(lag.userId ?? '', lag.due ?? []);
  return state;
}
