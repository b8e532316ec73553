import { expect } from 'vitest';
import { type Guarantee, kindOf, people } from './harness.js';

export const settingsGuarantees: readonly Guarantee[] = [
  {
    sentence: 'a new account has the defaults of profile and settings',
    async check({ directory }) {
      await people(directory, 'alice');
      expect(await directory.settings.profileOf('alice')).toEqual({
        userId: 'alice',
        displayName: 'alice',
        locale: 'en',
        timeZone: 'UTC',
      });
      expect(await directory.settings.settingsOf('alice')).toEqual({
        notificationLevel: 'everything',
        muteUntilMs: 0,
        doNotDisturb: null,
        presenceFor: 'friends',
        receiptsFor: 'everyone',
      });
      expect(await directory.settings.channelSettingsOf('alice')).toEqual([]);
    },
  },
  {
    sentence: 'a change of the profile changes only what it names, in canonical form, and lasts',
    async check({ directory, reopen }) {
      await people(directory, 'alice', 'bob');
      const { settings } = directory;
      await settings.changeProfile('alice', { displayName: '  Alice Ünal 🙂 ' });
      const changed = await settings.changeProfile('alice', { locale: 'PT-br', timeZone: 'Europe/Lisbon' });
      expect(changed).toEqual({
        userId: 'alice',
        displayName: 'Alice Ünal 🙂',
        locale: 'pt-BR',
        timeZone: 'Europe/Lisbon',
      });
      const again = await reopen();
      expect(await again.settings.profileOf('alice')).toEqual(changed);
      const both = await again.settings.profilesOf(['bob', 'nobody', 'alice']);
      expect(both.map((profile) => profile.displayName)).toEqual(['Alice Ünal 🙂', 'bob']);
      expect((await again.accounts.find('bob', 'alice'))?.displayName).toBe('Alice Ünal 🙂');
    },
  },
  {
    sentence: 'values that are none are refused and change nothing',
    async check({ directory }) {
      await people(directory, 'alice');
      const { settings } = directory;
      for (const displayName of ['', '   ', 'x'.repeat(65), 'two\nlines', 'turn\u202earound'])
        expect(await kindOf(settings.changeProfile('alice', { displayName }))).toBe('invalid_argument');
      for (const locale of ['', 'not a tag', 'x'.repeat(100)])
        expect(await kindOf(settings.changeProfile('alice', { locale }))).toBe('invalid_argument');
      for (const timeZone of ['', 'Mars/Olympus', '+25:00'])
        expect(await kindOf(settings.changeProfile('alice', { timeZone }))).toBe('invalid_argument');
      for (const doNotDisturb of [
        { fromMinute: -1, toMinute: 5 },
        { fromMinute: 0, toMinute: 1440 },
        { fromMinute: 7, toMinute: 7 },
      ])
        expect(await kindOf(settings.changeSettings('alice', { doNotDisturb }))).toBe('invalid_argument');
      expect(await kindOf(settings.changeSettings('alice', { muteUntilMs: -1 }))).toBe('invalid_argument');
      expect(await kindOf(settings.changeSettings('alice', { presenceFor: 'all' as 'everyone' }))).toBe(
        'invalid_argument',
      );
      expect((await settings.profileOf('alice')).displayName).toBe('alice');
      expect((await settings.settingsOf('alice')).doNotDisturb).toBeNull();
    },
  },
  {
    sentence: 'settings change field by field and can be taken back',
    async check({ directory, reopen }) {
      await people(directory, 'alice');
      const night = { fromMinute: 22 * 60, toMinute: 7 * 60 };
      await directory.settings.changeSettings('alice', { doNotDisturb: night, presenceFor: 'nobody' });
      await directory.settings.changeSettings('alice', { notificationLevel: 'mentions', muteUntilMs: 5 });
      const { settings } = await reopen();
      expect(await settings.settingsOf('alice')).toEqual({
        notificationLevel: 'mentions',
        muteUntilMs: 5,
        doNotDisturb: night,
        presenceFor: 'nobody',
        receiptsFor: 'everyone',
      });
      const back = await settings.changeSettings('alice', { doNotDisturb: null });
      expect(back.doNotDisturb).toBeNull();
      expect((await settings.settingsOf('alice')).doNotDisturb).toBeNull();
    },
  },
  {
    sentence: 'a channel has a level and a mute of its own until it is back at the defaults',
    async check({ directory }) {
      await people(directory, 'alice', 'bob');
      const { settings } = directory;
      await settings.changeChannelSettings('alice', 'alice~bob', { notificationLevel: 'nothing' });
      const both = await settings.changeChannelSettings('alice', 'alice~bob', { muteUntilMs: 9 });
      expect(both).toEqual({ channelId: 'alice~bob', notificationLevel: 'nothing', muteUntilMs: 9 });
      expect(await settings.channelSettingsOf('alice')).toEqual([both]);
      expect(await settings.channelSettingsOf('bob')).toEqual([]);
      await settings.changeChannelSettings('alice', 'alice~bob', { notificationLevel: null, muteUntilMs: 0 });
      expect(await settings.channelSettingsOf('alice')).toEqual([]);
      expect(await kindOf(settings.changeChannelSettings('alice', 'no channel', {}))).toBe('invalid_argument');
    },
  },
  {
    sentence: 'whoever has no account has no profile and no settings',
    async check({ directory: { settings } }) {
      expect(await kindOf(settings.profileOf('nobody'))).toBe('user_not_found');
      expect(await kindOf(settings.changeProfile('nobody', { locale: 'en' }))).toBe('user_not_found');
      expect(await kindOf(settings.settingsOf('nobody'))).toBe('user_not_found');
      expect(await kindOf(settings.changeSettings('nobody', {}))).toBe('user_not_found');
      expect(await kindOf(settings.channelSettingsOf('nobody'))).toBe('user_not_found');
      expect(await kindOf(settings.changeChannelSettings('nobody', 'alice~bob', {}))).toBe('user_not_found');
    },
  },
];
