import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import { Long, v1 } from '../../protocol/wire.js';
import { type ChangeRequest, checkMayWrite, decide, type EventBody, namedUsers, tierChange } from './decide.js';
import { apply, type ChannelState, emptyChannel } from './state.js';

const { OWNER, ADMIN, MEMBER } = v1.Role;
const { GROUP, BROADCAST, DIRECT } = v1.ChannelKind;

function applyAll(state: ChannelState, bodies: readonly EventBody[]): void {
  for (const body of bodies) {
    const seq = state.seq + 1;
    apply(state, v1.Event.create({ channelId: 'g', seq, messageId: Long.fromNumber(seq, true), from: 'o', ...body }));
  }
}

/** o and p own it, a and b administer it, m and n are members; nobody knows s. */
function channel(kind = GROUP, more: v1.IChannelCreated = {}): ChannelState {
  const state = emptyChannel();
  const roles = { o: OWNER, p: OWNER, a: ADMIN, b: ADMIN, m: MEMBER, n: MEMBER };
  const members = Object.entries(roles).map(([userId, role]) => ({ userId, role }));
  applyAll(state, [{ created: { kind, name: 'Us', members, ...more } }]);
  return state;
}

const leave = { type: 'leave', value: v1.LeaveChannel.create({}) } as const;
const join = { type: 'join', value: v1.JoinChannel.create({}) } as const;
const rename = (name: string) => ({ type: 'rename', value: v1.RenameChannel.create({ name }) }) as const;
const remove = (userId: string) => ({ type: 'remove', value: v1.RemoveMember.create({ userId }) }) as const;
const setRole = (userId: string, role: v1.Role) =>
  ({ type: 'setRole', value: v1.SetRole.create({ userId, role }) }) as const;
const invite = (userIds: string[], role: v1.Role = v1.Role.ROLE_UNSPECIFIED) =>
  ({ type: 'invite', value: v1.InviteMembers.create({ userIds, role }) }) as const;
const create = (members: string[]) =>
  ({ type: 'createChannel', value: v1.CreateChannel.create({ kind: GROUP, name: 'Us', members }) }) as const;

/** What comes of it: the kind of the refusal, or the bodies of the events. */
function outcome(state: ChannelState, by: string, request: ChangeRequest): string {
  try {
    const events = decide(state, by, request);
    return events.length === 0 ? 'nothing' : events.map((event) => Object.keys(event).join()).join(' ');
  } catch (error) {
    if (error instanceof ParleyError) return error.kind;
    throw error;
  }
}

describe('what a member may do in a group', () => {
  it.each([
    ['o', rename('New'), 'renamed'],
    ['a', rename('New'), 'renamed'],
    ['a', rename('Us'), 'nothing'],
    ['m', rename('New'), 'forbidden'],
    ['s', rename('New'), 'not_a_member'],
    ['a', invite(['s', 's', 'm']), 'joined'],
    ['a', invite(['m']), 'nothing'],
    ['a', invite(['s', 't']), 'joined'],
    ['a', invite(['s'], ADMIN), 'forbidden'],
    ['o', invite(['s'], OWNER), 'joined'],
    ['m', invite(['s']), 'forbidden'],
    ['o', setRole('m', ADMIN), 'roleChanged'],
    ['o', setRole('m', MEMBER), 'nothing'],
    ['o', setRole('o', MEMBER), 'roleChanged'],
    ['o', setRole('s', ADMIN), 'user_not_found'],
    ['a', setRole('m', ADMIN), 'forbidden'],
    ['o', remove('p'), 'left'],
    ['o', remove('a'), 'left'],
    ['o', remove('s'), 'nothing'],
    ['a', remove('m'), 'left'],
    ['a', remove('b'), 'forbidden'],
    ['a', remove('o'), 'forbidden'],
    ['a', remove('a'), 'left'],
    ['m', remove('n'), 'forbidden'],
    ['m', leave, 'left'],
    ['o', leave, 'left'],
    ['s', leave, 'nothing'],
    ['s', join, 'channel_not_found'],
    ['m', join, 'nothing'],
    ['o', create(['s']), 'nothing'],
    ['s', create(['s']), 'not_a_member'],
  ] as const)('%s asking for %o gets: %s', (by, request, expected) => {
    expect(outcome(channel(), by, request)).toBe(expected);
  });

  it('is told in one event whom an invitation of many makes members, each once', () => {
    const state = channel();
    const [event, ...more] = decide(state, 'a', invite(['s', 'm', 't', 's', 'u']));
    expect(event?.joined).toMatchObject({ userId: 's', others: ['t', 'u'], role: MEMBER });
    expect(more).toEqual([]);
    applyAll(state, [event ?? {}]);
    expect(['s', 't', 'u'].map((userId) => state.members.get(userId)?.joinedSeq)).toEqual([2, 2, 2]);
    expect(outcome(state, 'a', invite(['s', 't', 'u']))).toBe('nothing');
  });

  it('never leaves it without an owner while somebody is in it', () => {
    const request = fc.oneof(
      fc.constant(leave),
      fc.constant(join),
      fc.constantFrom('o', 'p', 'a', 'b', 'm', 'n').map(remove),
      fc
        .tuple(fc.constantFrom('o', 'p', 'a', 'b', 'm', 'n'), fc.constantFrom(OWNER, ADMIN, MEMBER))
        .map(([userId, role]) => setRole(userId, role)),
    );
    const asks = fc.array(fc.tuple(fc.constantFrom('o', 'p', 'a', 'b', 'm', 'n'), request), { maxLength: 30 });
    fc.assert(
      fc.property(asks, (run) => {
        const state = channel(GROUP, { public: true });
        for (const [by, asked] of run) {
          try {
            applyAll(state, decide(state, by, asked));
          } catch (error) {
            expect(error).toBeInstanceOf(ParleyError);
          }
          const owners = [...state.members.values()].filter(({ role }) => role === OWNER).length;
          expect(state.owners).toBe(owners);
          expect(owners > 0 || state.members.size === 0).toBe(true);
        }
      }),
    );
  });
});

describe('other channels', () => {
  it('that are public may be joined, and members invite', () => {
    const open = channel(GROUP, { public: true });
    expect(outcome(open, 's', join)).toBe('joined');
    expect(outcome(open, 'm', invite(['s']))).toBe('joined');
    expect(outcome(open, 'm', invite(['s'], ADMIN))).toBe('forbidden');
  });

  it('that nobody founded do not exist', () => {
    for (const request of [rename('x'), join, invite(['s']), remove('m'), setRole('m', ADMIN)])
      expect(outcome(emptyChannel(), 'o', request)).toBe('channel_not_found');
    expect(outcome(emptyChannel(), 'o', create(['m', 'm', 'o']))).toBe('created');
    expect(namedUsers(emptyChannel(), create(['m']))).toEqual(['m']);
    expect(namedUsers(channel(), create(['x']))).toEqual([]);
    expect(namedUsers(channel(), invite(['m', 's']))).toEqual(['s']);
  });

  it('that are direct stay as they are', () => {
    const direct = channel(DIRECT);
    for (const request of [rename('x'), invite(['s']), remove('m'), setRole('m', ADMIN), leave])
      expect(outcome(direct, 'o', request)).toBe('forbidden');
  });

  it('that broadcast are written by owners and admins alone', () => {
    const [group, broadcast] = [channel(), channel(BROADCAST)];
    const mayWrite = (state: ChannelState, by: string): boolean => {
      try {
        checkMayWrite(state, by);
        return true;
      } catch {
        return false;
      }
    };
    expect(['o', 'a', 'm', 's'].map((by) => mayWrite(broadcast, by))).toEqual([true, true, false, false]);
    expect(['o', 'a', 'm', 's'].map((by) => mayWrite(group, by))).toEqual([true, true, true, false]);
    expect([group.tier, broadcast.tier]).toEqual([v1.Tier.INBOX, v1.Tier.FANOUT]);
  });
});

describe('the tier', () => {
  it('changes above the limit, and back only well below it', () => {
    const state = channel();
    const grow = (to: number) => {
      for (let i = state.members.size; i < to; i++) applyAll(state, [{ joined: { userId: `u${i}`, role: MEMBER } }]);
    };
    grow(LIMITS.inboxTierMembersMax);
    expect(tierChange(state)).toBeUndefined();
    grow(LIMITS.inboxTierMembersMax + 1);
    const change = tierChange(state);
    expect(change?.tierChanged?.tier).toBe(v1.Tier.FANOUT);
    if (change !== undefined) applyAll(state, [change]);
    expect(tierChange(state)).toBeUndefined();
    for (const userId of [...state.members.keys()].slice(LIMITS.inboxTierMembersReturn - 1)) {
      expect(tierChange(state)).toBeUndefined();
      applyAll(state, [{ left: { userId } }]);
    }
    expect(tierChange(state)?.tierChanged?.tier).toBe(v1.Tier.INBOX);
  });
});
