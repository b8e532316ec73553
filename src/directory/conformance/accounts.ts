import { expect } from 'vitest';
import { type Guarantee, kindOf, people } from './harness.js';

export const accountGuarantees: readonly Guarantee[] = [
  {
    sentence: 'an account that was created is found, with its credentials, also after the store was reopened',
    async check({ directory, reopen }) {
      await directory.accounts.create({ userId: 'alice', passwordHash: 'h1' });
      const again = await reopen();
      expect(await again.accounts.passwordHashOf('alice')).toBe('h1');
      expect(await again.accounts.find('bob', 'alice')).toEqual({ userId: 'alice', displayName: 'alice' });
      expect(await again.accounts.find('bob', 'alic')).toBeUndefined();
      expect(await again.accounts.passwordHashOf('nobody')).toBeUndefined();
    },
  },
  {
    sentence: 'of two accounts created at once under a name one wins and keeps its own password',
    async check({ directory: { accounts } }) {
      const kinds = await Promise.all([
        kindOf(accounts.create({ userId: 'alice', passwordHash: 'first' })),
        kindOf(accounts.create({ userId: 'alice', passwordHash: 'second' })),
        kindOf(accounts.create({ userId: 'bob', passwordHash: 'bobs' })),
      ]);
      expect([...kinds].sort()).toEqual(['name_taken', 'none', 'none']);
      expect(await accounts.passwordHashOf('alice')).toBe(kinds[0] === 'none' ? 'first' : 'second');
      expect(await accounts.passwordHashOf('bob')).toBe('bobs');
    },
  },
  {
    sentence: 'a name that is none is refused',
    async check({ directory: { accounts } }) {
      for (const userId of ['', 'a', 'Alice', '1abc', 'a b', "a'--", 'a'.repeat(33), 'élise'])
        expect(await kindOf(accounts.create({ userId, passwordHash: 'h' }))).toBe('invalid_argument');
    },
  },
  {
    sentence: 'bulk creation makes the missing ones, counts them, and makes none when one is invalid',
    async check({ directory: { accounts } }) {
      await accounts.create({ userId: 'u0', passwordHash: 'kept' });
      const many = Array.from({ length: 1200 }, (_, n) => ({ userId: `u${n}`, passwordHash: 'bulk' }));
      expect(await accounts.createMany(many)).toBe(1199);
      expect(await accounts.passwordHashOf('u0')).toBe('kept');
      expect(await accounts.passwordHashOf('u1199')).toBe('bulk');
      const bad = [
        { userId: 'fine', passwordHash: 'h' },
        { userId: 'NOT', passwordHash: 'h' },
      ];
      expect(await kindOf(accounts.createMany(bad))).toBe('invalid_argument');
      expect(await accounts.passwordHashOf('fine')).toBeUndefined();
    },
  },
  {
    sentence: 'a password hash can be changed for an account that exists only',
    async check({ directory }) {
      await people(directory, 'alice');
      await directory.accounts.changePasswordHash('alice', { passwordHash: 'new' });
      expect(await directory.accounts.passwordHashOf('alice')).toBe('new');
      expect(await kindOf(directory.accounts.changePasswordHash('nobody', { passwordHash: 'new' }))).toBe(
        'user_not_found',
      );
    },
  },
  {
    sentence: 'of changes of a password that were all shown the same old one, one wins',
    async check({ directory: { accounts } }) {
      await accounts.create({ userId: 'alice', passwordHash: 'old' });
      const change = (userId: string, passwordHash: string) =>
        kindOf(accounts.changePasswordHash(userId, { passwordHash, before: 'old' }));
      const changes = ['one', 'two', 'three'].map((hash) => change('alice', hash));
      expect((await Promise.all(changes)).sort()).toEqual(['none', 'wrong_credentials', 'wrong_credentials']);
      expect(await change('alice', 'late')).toBe('wrong_credentials');
      expect(await change('nobody', 'new')).toBe('user_not_found');
    },
  },
  {
    sentence: 'a search by prefix gives every match once, in order, page by page',
    async check({ directory }) {
      const names = ['al', 'al_1', 'ala', 'albert', 'alz', 'alzz'];
      await people(directory, 'ak', 'am', 'bob', ...names);
      const first = await directory.accounts.search('bob', { prefix: 'al', limit: 4 });
      expect(first.next).toBe('albert');
      const second = await directory.accounts.search('bob', { prefix: 'al', limit: 4, after: 'albert' });
      expect([...first.people, ...second.people].map((person) => person.userId)).toEqual(names);
      expect(second.next).toBeUndefined();
      expect(await directory.accounts.search('bob', { prefix: 'zz', limit: 4 })).toEqual({ people: [] });
    },
  },
  {
    sentence: 'a search with a wild card, no prefix or a limit out of bounds is refused',
    async check({ directory: { accounts } }) {
      for (const prefix of ['', '%', '_', 'A', 'a%'])
        expect(await kindOf(accounts.search('bob', { prefix, limit: 5 }))).toBe('invalid_argument');
      for (const limit of [0, 51, 1.5, Number.NaN])
        expect(await kindOf(accounts.search('bob', { prefix: 'a', limit }))).toBe('invalid_argument');
    },
  },
  {
    sentence: 'whoever has blocked the asker is found neither by name nor by prefix, and by everybody else still',
    async check({ directory }) {
      await people(directory, 'alice', 'alfred', 'bob', 'carol');
      await directory.friends.block('alice', 'bob');
      expect(await directory.accounts.find('bob', 'alice')).toBeUndefined();
      const found = await directory.accounts.search('bob', { prefix: 'al', limit: 10 });
      expect(found.people.map((person) => person.userId)).toEqual(['alfred']);
      expect(await directory.accounts.find('carol', 'alice')).toBeDefined();
      expect(await directory.accounts.find('alice', 'bob')).toBeDefined();
      await directory.friends.unblock('alice', 'bob');
      expect(await directory.accounts.find('bob', 'alice')).toBeDefined();
    },
  },
];
