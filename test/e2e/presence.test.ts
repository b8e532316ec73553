// How people appear, in a real browser against the real process: chosen, with a status that ends, hidden, and gone.
import { describe, expect, it } from 'vitest';
import { chromiumOrSkip } from './chromium.js';
import type { Person } from './person.js';
import { World } from './world.js';

const executable = chromiumOrSkip();
const HOUR_MS = 3_600_000;
/** Longer than the grace before somebody counts as offline. */
const GRACE = { timeout: 60_000 };

/** By the settings. */
async function appear(person: Person, choice: string): Promise<void> {
  const form = person.page.getByRole('form', { name: 'How I appear' });
  await form.getByLabel('I am').selectOption({ label: choice });
}

/** Until `endsInMs` from now: an hour, of a page whose clock is that much behind. */
async function setStatus({ page }: Person, status: string, endsInMs: number): Promise<void> {
  await page.clock.setFixedTime(Date.now() - HOUR_MS + endsInMs);
  await page.getByLabel('My status').fill(status);
  await page.getByLabel('How long').selectOption({ label: 'For an hour' });
  await page.getByRole('button', { name: 'Set', exact: true }).click();
  await page.clock.setFixedTime(Date.now());
}

describe.skipIf(executable === undefined)('presence in a real Chromium', { timeout: 180_000 }, () => {
  const world = World.around(executable ?? '');

  it('is what a friend chose, with a status until it ends, not there while invisible, and last seen once gone', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    const row = await ann.find(ben.account.userId.slice(0, 3), ben.account);
    await row.getByRole('button', { name: /^More about/ }).click();
    await ann.page.getByRole('menuitem', { name: 'Ask to be friends' }).click();
    await ben.tab('People');
    await ben.row(ann.account).getByRole('button', { name: 'Accept' }).click();
    await ann.tab('Chats');
    await ann.tab('People');
    const seen = (text: string | RegExp, options = {}) => ann.row(ben.account).getByText(text).waitFor(options);
    await seen('online');
    await ben.page.getByRole('link', { name: 'Settings' }).click();

    await appear(ben, 'Do not disturb');
    await seen(/do not disturb$/);
    await setStatus(ben, 'In a meeting', 12_000);
    await seen('do not disturb · In a meeting');
    await seen(/do not disturb$/, { timeout: 30_000 }); // by itself

    await appear(ben, 'Away');
    await seen(/away$/);
    await appear(ben, 'Invisible');
    await seen(/last seen/);
    await appear(ben, 'Online');
    await seen(/online$/, { timeout: 30_000 });
    await ben.leave();
    await seen(/last seen/, GRACE);
  });

  it('has a status of as many emoji as characters, and says of one more that it is too many', async () => {
    const cay = await world.newPerson('Cay');
    await cay.page.getByRole('link', { name: 'Settings' }).click();
    const status = cay.page.getByLabel('My status');
    const complaint = (): Promise<string> =>
      status.evaluate((field) => (field instanceof HTMLInputElement ? field.validationMessage : 'no field'));
    await status.fill('😀'.repeat(101));
    expect(await complaint()).toBe('At most 100 characters, please: this has 101.');
    await status.fill('😀'.repeat(100));
    expect(await complaint()).toBe('');
  });

  it('shows who is typing, until they empty the box', async () => {
    const dan = await world.newPerson('Dan');
    const eve = await world.newPerson('Eve');
    await dan.startChat(eve.account);
    await dan.write('Are you there?');
    await eve.open(dan.account.displayName);
    const typing = dan.page.getByTestId('subtitle').getByText('is typing');
    const box = eve.page.getByRole('textbox', { name: /^Message to/ });
    await box.fill('Well');
    await typing.waitFor();
    await box.fill('');
    await typing.waitFor({ state: 'detached', timeout: 4_000 }); // sooner than it ends by itself
  });
});
