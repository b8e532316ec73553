import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { accountGuarantees } from './conformance/accounts.js';
import { administrationGuarantees } from './conformance/administration.js';
import { deviceGuarantees, refreshTokenGuarantees } from './conformance/devices.js';
import { friendsGuarantees } from './conformance/friends.js';
import { type Guarantee, type Harness, kindOf } from './conformance/harness.js';
import { pushEndpointGuarantees } from './conformance/push-endpoints.js';
import { settingsGuarantees } from './conformance/settings.js';

export { type Harness, harnessOf, SettableClock } from './conformance/harness.js';

const lifeGuarantees: readonly Guarantee[] = [
  {
    sentence: 'closing finishes what was asked before; later calls are unavailable',
    async check({ directory, reopen }) {
      const asked = directory.accounts.create({ userId: 'alice', passwordHash: 'h' });
      await directory.close();
      expect(await asked).toEqual({ userId: 'alice', displayName: 'alice' });
      expect(await kindOf(directory.accounts.passwordHashOf('alice'))).toBe('unavailable');
      await directory.close();
      expect(await (await reopen()).accounts.passwordHashOf('alice')).toBe('h');
    },
  },
];

/** What every directory guarantees. */
export const DIRECTORY_GUARANTEES: readonly Guarantee[] = [
  ...accountGuarantees,
  ...settingsGuarantees,
  ...friendsGuarantees,
  ...deviceGuarantees,
  ...refreshTokenGuarantees,
  ...pushEndpointGuarantees,
  ...administrationGuarantees,
  ...lifeGuarantees,
];

/** Registers the whole suite for one implementation; the factory gives an empty directory each time. */
export function describeDirectory(name: string, create: () => Promise<Harness>): void {
  describe(`${name} as a directory`, () => {
    let harness: Harness;
    beforeEach(async () => {
      harness = await create();
    });
    afterEach(() => harness.dispose());
    it.each(DIRECTORY_GUARANTEES)('$sentence', ({ check }) => check(harness));
  });
}
