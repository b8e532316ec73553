import { expect, it } from 'vitest';
import { v1 } from '../../protocol/wire.js';
import { heirs } from './deleted-member.js';
import { type ChannelState, emptyChannel, type MemberState } from './state.js';

const { ADMIN, MEMBER, OWNER } = v1.Role;

/** A channel of one owner and of others by their roles, who joined in this order. */
function channelOf(kind: v1.ChannelKind, roles: Readonly<Record<string, v1.Role>>): ChannelState {
  const state = { ...emptyChannel(), kind, owners: 1 };
  const all = Object.entries({ boss: OWNER, ...roles });
  for (const [index, [userId, role]] of all.entries())
    state.members.set(userId, { role, joinedSeq: index + 1 } as MemberState);
  return state;
}

it('leaves a group to the highest role, then to who has been there longest', () => {
  const group = channelOf(v1.ChannelKind.GROUP, { anna: MEMBER, ben: MEMBER, cleo: ADMIN, dora: ADMIN });
  expect(heirs(group, 'boss')).toEqual(['cleo', 'dora', 'anna', 'ben']);
  expect(heirs(group, 'anna')).toEqual([]);
});

it('leaves a broadcast channel to its admins, and to nobody who only reads it', () => {
  const channel = channelOf(v1.ChannelKind.BROADCAST, { anna: MEMBER, ben: ADMIN });
  expect(heirs(channel, 'boss')).toEqual(['ben']);
  expect(heirs(channelOf(v1.ChannelKind.BROADCAST, { anna: MEMBER }), 'boss')).toEqual([]);
});

it('names as many as the directory is asked about at once, of however many members', () => {
  const names = Array.from({ length: 1_000 }, (_, index) => `m${999 - index}`);
  const group = channelOf(v1.ChannelKind.GROUP, {
    ...Object.fromEntries(names.map((name) => [name, MEMBER])),
    z: ADMIN,
  });
  expect(heirs(group, 'boss')).toEqual(['z', ...names.slice(0, 199)]);
});
