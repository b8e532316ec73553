// A notice of the operators, in a real browser against the real process.
import { describe, expect, it } from 'vitest';
import { chromiumOrSkip } from './chromium.js';
import { PHONE, World } from './world.js';

const executable = chromiumOrSkip();

describe.skipIf(executable === undefined)('a notice in a real Chromium', { timeout: 60_000 }, () => {
  const world = World.around(executable ?? '');

  it('is seen by who is there and who comes, is put away by who has read it, and goes when it is withdrawn', async () => {
    const ann = await world.newPerson('Ann');
    expect((await world.operate('notice', 'set', 'At noon we restart.')).code).toBe(0);
    const banner = ann.page.getByTestId('notice');
    await banner.getByText('At noon we restart.').waitFor();
    const ben = await world.newPerson('Ben', PHONE);
    await ben.page.getByTestId('notice').getByText('At noon we restart.').waitFor();
    await banner.getByRole('button', { name: 'Dismiss' }).click();
    await banner.waitFor({ state: 'detached' });
    expect((await world.operate('notice', 'set', 'We are back.')).code).toBe(0);
    await banner.getByText('We are back.').waitFor();
    expect((await world.operate('notice', 'withdraw')).code).toBe(0);
    await banner.waitFor({ state: 'detached' });
    await ben.page.getByTestId('notice').waitFor({ state: 'detached' });
  });
});
