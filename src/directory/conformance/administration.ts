import { expect } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import { type Guarantee, kindOf, people } from './harness.js';

const note = (action: string) => ({ who: 'root', role: 'admin', action, subject: 'alice', outcome: 'ok' });

export const administrationGuarantees: readonly Guarantee[] = [
  {
    sentence: 'operators see all accounts in pages by name',
    async check({ directory }) {
      await people(directory, 'carol', 'alice', 'bob', 'bert');
      const { administration } = directory;
      expect((await administration.list('', '', 2)).map(({ userId }) => userId)).toEqual(['alice', 'bert']);
      expect((await administration.list('', 'bert', 9)).map(({ userId }) => userId)).toEqual(['bob', 'carol']);
      expect((await administration.list('b', '', 9)).map(({ userId }) => userId)).toEqual(['bert', 'bob']);
      expect(await administration.count()).toBe(4);
      expect(await administration.find('bob')).toMatchObject({ userId: 'bob', state: 'active' });
      expect(await administration.find('nobody')).toBeUndefined();
      expect(await kindOf(administration.list("b'", '', 9))).toBe('invalid_argument');
      expect(await kindOf(administration.list('', '', LIMITS.operationsPageMax + 1))).toBe('none'); // a page, and whether more come
      expect(await kindOf(administration.list('', '', LIMITS.operationsPageMax + 2))).toBe('invalid_argument');
    },
  },
  {
    sentence: 'nobody logs in to a suspended account until it is restored, and others still find it',
    async check({ directory, reopen }) {
      await people(directory, 'alice', 'bob');
      expect(await directory.administration.setState('alice', 'suspended')).toMatchObject({ state: 'suspended' });
      const again = await reopen();
      expect(await kindOf(again.devices.register('alice', 'phone', 'Phone'))).toBe('account_suspended');
      expect(await again.accounts.find('bob', 'alice')).toBeDefined();
      const both = ['alice', 'bob', 'nobody'];
      expect(await again.people.existing(both)).toEqual(new Set(['alice', 'bob']));
      expect(await again.people.active(both)).toEqual(new Set(['bob']));
      await again.administration.setState('alice', 'active');
      expect(await kindOf(again.devices.register('alice', 'phone', 'Phone'))).toBe('none');
      expect(await kindOf(again.administration.setState('nobody', 'suspended'))).toBe('user_not_found');
    },
  },
  {
    sentence: 'of a deleted account nothing is left but the name, which stays taken',
    async check({ directory }) {
      const { accounts, administration, devices, friends, people: facts, settings } = directory;
      await people(directory, 'alice', 'bob');
      await settings.changeProfile('alice', { displayName: 'Alice A.' });
      await devices.register('alice', 'phone', 'Phone');
      await friends.request('bob', 'alice');
      expect(await administration.erase('alice')).toMatchObject({ state: 'deleted', displayName: 'alice' });
      expect(await accounts.passwordHashOf('alice')).toBeUndefined();
      expect(await accounts.find('bob', 'alice')).toBeUndefined();
      expect((await settings.profilesOf(['alice', 'bob'])).map(({ userId }) => userId)).toEqual(['bob']);
      expect((await accounts.search('bob', { prefix: 'al', limit: 9 })).people).toEqual([]);
      expect(await devices.list('alice')).toEqual([]);
      expect((await friends.list('bob', { limit: 9 })).relations).toEqual([]);
      expect([...(await facts.existing(['alice', 'bob']))]).toEqual(['bob']);
      expect([...(await facts.deleted(['alice', 'bob', 'nobody']))]).toEqual(['alice']);
      expect(await facts.factsOf('alice')).toBeUndefined();
      expect(await kindOf(accounts.create({ userId: 'alice', passwordHash: 'h' }))).toBe('name_taken');
      expect(await kindOf(devices.register('alice', 'phone', 'Phone'))).toBe('user_not_found');
      expect(await kindOf(administration.setState('alice', 'active'))).toBe('user_not_found');
      expect(await kindOf(administration.erase('alice'))).toBe('user_not_found');
    },
  },
  {
    sentence: 'what operators did is kept in its order, newest first, in pages, for a year',
    async check({ directory: { audit }, clock, reopen }) {
      await Promise.all(['one', 'two', 'three'].map((action) => audit.append(note(action))));
      const again = await reopen();
      const [newest, ...others] = await again.audit.read(0, 2);
      expect(others).toHaveLength(1);
      const last = await again.audit.read(others[0]?.entry ?? 0, 9);
      const all = [newest, ...others, ...last].map((entry) => entry?.action);
      expect([...all].sort()).toEqual(['one', 'three', 'two']);
      expect(newest).toMatchObject({ who: 'root', role: 'admin', subject: 'alice', outcome: 'ok', atMs: clock.now() });
      expect(await kindOf(again.audit.read(0, LIMITS.operationsPageMax + 1))).toBe('none');
      expect(await kindOf(again.audit.read(0, LIMITS.operationsPageMax + 2))).toBe('invalid_argument');
      clock.advance(LIMITS.auditKeepMs + 1);
      await again.audit.append(note('later'));
      expect((await again.audit.read(0, 9)).map(({ action }) => action)).toEqual(['later']);
    },
  },
];
