import { expect } from 'vitest';
import type { Directory } from '../directory.js';
import { type Guarantee, kindOf, people } from './harness.js';

async function views(directory: Directory, ...userIds: readonly string[]): Promise<readonly string[]> {
  const pages = await Promise.all(userIds.map((userId) => directory.friends.list(userId, { limit: 10 })));
  return pages.map((page) => page.relations.map((relation) => `${relation.userId} ${relation.state}`).join());
}

export const friendsGuarantees: readonly Guarantee[] = [
  {
    sentence: 'a request is seen on both sides, and accepting it makes friends of both, for good',
    async check({ directory, clock, reopen }) {
      await people(directory, 'alice', 'bob');
      await directory.settings.changeProfile('bob', { displayName: 'Bob' });
      expect(await directory.friends.request('alice', 'bob')).toEqual({
        state: 'request_sent',
        factsChanged: [],
        othersViewChanged: true,
      });
      expect(await views(directory, 'alice', 'bob')).toEqual(['bob request_sent', 'alice request_received']);
      clock.advance(5);
      const accepted = await directory.friends.accept('bob', 'alice');
      expect(accepted).toEqual({ state: 'friend', factsChanged: ['bob', 'alice'], othersViewChanged: true });
      const again = await reopen();
      const { relations } = await again.friends.list('alice', { limit: 10 });
      expect(relations).toEqual([{ userId: 'bob', displayName: 'Bob', state: 'friend', sinceMs: clock.now() }]);
      expect((await again.people.factsOf('bob'))?.friends).toEqual(new Set(['alice']));
    },
  },
  {
    sentence: 'two requests that cross, even at once, make friends',
    async check({ directory }) {
      await people(directory, 'alice', 'bob');
      await Promise.all([directory.friends.request('alice', 'bob'), directory.friends.request('bob', 'alice')]);
      expect(await views(directory, 'alice', 'bob')).toEqual(['bob friend', 'alice friend']);
    },
  },
  {
    sentence: 'a request and a block that cross leave a state that one order of the two explains',
    async check({ directory }) {
      await people(directory, 'alice', 'bob');
      await Promise.all([directory.friends.request('alice', 'bob'), directory.friends.block('bob', 'alice')]);
      const [alices, bobs] = await views(directory, 'alice', 'bob');
      expect(bobs).toBe('alice blocked');
      expect(['', 'bob request_sent']).toContain(alices);
    },
  },
  {
    sentence: 'repeating a request, an acceptance, a removal, a block or an unblock changes nothing more',
    async check({ directory: { friends }, directory }) {
      await people(directory, 'alice', 'bob');
      const nothing = { factsChanged: [], othersViewChanged: false };
      await friends.request('alice', 'bob');
      expect(await friends.request('alice', 'bob')).toEqual({ state: 'request_sent', ...nothing });
      await friends.accept('bob', 'alice');
      expect(await friends.accept('bob', 'alice')).toEqual({ state: 'friend', ...nothing });
      expect(await friends.request('bob', 'alice')).toEqual({ state: 'friend', ...nothing });
      await friends.remove('bob', 'alice');
      expect(await friends.remove('bob', 'alice')).toEqual({ state: 'none', ...nothing });
      await friends.block('alice', 'bob');
      expect(await friends.block('alice', 'bob')).toEqual({ state: 'blocked', ...nothing });
      await friends.unblock('alice', 'bob');
      expect(await friends.unblock('alice', 'bob')).toEqual({ state: 'none', ...nothing });
    },
  },
  {
    sentence: 'a request that is declined or taken back is gone for both, and only one that is there can be accepted',
    async check({ directory: { friends }, directory }) {
      await people(directory, 'alice', 'bob');
      expect(await kindOf(friends.accept('bob', 'alice'))).toBe('not_found');
      await friends.request('alice', 'bob');
      expect(await kindOf(friends.accept('alice', 'bob'))).toBe('not_found');
      await friends.decline('bob', 'alice');
      expect(await views(directory, 'alice', 'bob')).toEqual(['', '']);
      await friends.request('alice', 'bob');
      await friends.remove('alice', 'bob');
      expect(await views(directory, 'alice', 'bob')).toEqual(['', '']);
    },
  },
  {
    sentence: 'blocking ends a friendship on both sides and is a fact of the one who blocks only',
    async check({ directory: { friends, people: facts }, directory }) {
      await people(directory, 'alice', 'bob');
      await friends.request('alice', 'bob');
      await friends.accept('bob', 'alice');
      const blocked = await friends.block('alice', 'bob');
      expect(blocked).toEqual({ state: 'blocked', factsChanged: ['alice', 'bob'], othersViewChanged: true });
      expect(await views(directory, 'alice', 'bob')).toEqual(['bob blocked', '']);
      expect(await facts.factsOf('alice')).toMatchObject({ friends: new Set(), blocked: new Set(['bob']) });
      expect(await facts.factsOf('bob')).toMatchObject({ friends: new Set(), blocked: new Set() });
    },
  },
  {
    sentence: 'one who is blocked asks as ever and notices nothing, and nobody is bothered',
    async check({ directory: { friends }, directory }) {
      await people(directory, 'alice', 'bob');
      await friends.block('alice', 'bob');
      const asked = await friends.request('bob', 'alice');
      expect(asked).toEqual({ state: 'request_sent', factsChanged: [], othersViewChanged: false });
      expect(await views(directory, 'alice', 'bob')).toEqual(['bob blocked', 'alice request_sent']);
      expect(await kindOf(friends.request('alice', 'bob'))).toBe('forbidden');
      await friends.unblock('alice', 'bob');
      expect(await views(directory, 'alice', 'bob')).toEqual(['', 'alice request_sent']);
      await friends.request('alice', 'bob');
      expect(await views(directory, 'alice', 'bob')).toEqual(['bob friend', 'alice friend']);
    },
  },
  {
    sentence: 'two people can block each other, and each lifts only their own block',
    async check({ directory: { friends }, directory }) {
      await people(directory, 'alice', 'bob');
      await friends.block('alice', 'bob');
      await friends.block('bob', 'alice');
      await friends.unblock('alice', 'bob');
      expect(await views(directory, 'alice', 'bob')).toEqual(['', 'alice blocked']);
    },
  },
  {
    sentence: 'nobody is a friend of themselves or of whoever has no account',
    async check({ directory: { friends }, directory }) {
      await people(directory, 'alice');
      expect(await kindOf(friends.request('alice', 'alice'))).toBe('invalid_argument');
      expect(await kindOf(friends.request('alice', 'nobody'))).toBe('user_not_found');
      expect(await kindOf(friends.block('nobody', 'alice'))).toBe('user_not_found');
    },
  },
  {
    sentence: 'the list comes in pages, and by state',
    async check({ directory: { friends }, directory }) {
      await people(directory, 'alice', 'bob', 'carol', 'dave', 'erin');
      await friends.request('alice', 'dave');
      await friends.request('bob', 'alice');
      await friends.block('alice', 'erin');
      await friends.request('alice', 'carol');
      const first = await friends.list('alice', { limit: 2 });
      expect(first.relations.map((relation) => relation.userId)).toEqual(['bob', 'carol']);
      expect(first.next).toBe('carol');
      const second = await friends.list('alice', { limit: 2, after: 'carol' });
      expect(second.relations.map((relation) => relation.userId)).toEqual(['dave', 'erin']);
      expect(second.next).toBeUndefined();
      const sent = await friends.list('alice', { limit: 5, state: 'request_sent' });
      expect(sent.relations.map((relation) => relation.userId)).toEqual(['carol', 'dave']);
      expect(await kindOf(friends.list('alice', { limit: 0 }))).toBe('invalid_argument');
      expect(await friends.list('nobody', { limit: 5 })).toEqual({ relations: [] });
    },
  },
  {
    sentence: 'the facts for actors tell friends, blocks and audiences, and which people exist',
    async check({ directory }) {
      await people(directory, 'alice', 'bob', 'carol');
      await directory.settings.changeSettings('alice', { presenceFor: 'everyone', receiptsFor: 'nobody' });
      await directory.friends.block('alice', 'carol');
      await directory.friends.request('alice', 'bob');
      expect(await directory.people.factsOf('alice')).toEqual({
        friends: new Set(),
        blocked: new Set(['carol']),
        presenceFor: 'everyone',
        receiptsFor: 'nobody',
      });
      expect(await directory.people.factsOf('nobody')).toBeUndefined();
      expect(await directory.people.existing(['bob', 'nobody', 'alice'])).toEqual(new Set(['alice', 'bob']));
      expect(await directory.people.existing([])).toEqual(new Set());
      const many = Array.from({ length: 201 }, (_, n) => `u${n}`);
      expect(await kindOf(directory.people.existing(many))).toBe('invalid_argument');
    },
  },
];
