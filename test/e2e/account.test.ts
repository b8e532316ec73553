// Signing up and in, settings, tabs and the keyboard, in a real browser against the real process.
import { describe, expect, it } from 'vitest';
import { chromiumOrSkip } from './chromium.js';
import { World } from './world.js';

const executable = chromiumOrSkip();
/** Chromium notes each refused request in its console. */
const REFUSED = /status of 4\d\d/;

describe.skipIf(executable === undefined)('accounts in a real Chromium', { timeout: 90_000 }, () => {
  const world = World.around(executable ?? '');

  it('says in a sentence what is wrong with a login or a name, and lets one try again', async () => {
    const ann = await world.newPerson('Ann');
    const stranger = await world.at(ann.account);
    stranger.expect(REFUSED);
    const { page } = stranger;
    const alert = page.getByRole('alert');
    await page.getByLabel('Name').fill(ann.account.userId);
    await page.getByLabel('Password').fill('a wrong password');
    await page.locator('form').getByRole('button', { name: 'Log in' }).click();
    await alert.getByText('The name or the password is wrong.').waitFor();

    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByLabel('Name').fill(ann.account.userId);
    await page.getByLabel('Password').fill('a good long password');
    await page.locator('form').getByRole('button', { name: 'Sign up' }).click();
    await alert.getByText('The name is taken.').waitFor();

    await page.getByRole('button', { name: 'Log in' }).click();
    await stranger.logIn();
  });

  it('keeps the refresh token where no script can read it', async () => {
    const ann = await world.newPerson('Ann');
    const seen = await ann.page.evaluate(() => document.cookie + JSON.stringify({ ...localStorage }));
    const cookies = await ann.context.cookies();
    expect(cookies).toMatchObject([{ httpOnly: true, sameSite: 'Strict' }]);
    for (const { value } of cookies) expect(seen).not.toContain(value);
  });

  it('deletes the account with its password, and leaves nothing of it in the browser', async () => {
    const ann = await world.newPerson('Ann');
    ann.expect(REFUSED);
    const { page } = ann;
    await page.getByRole('link', { name: 'Settings' }).click();
    const card = page.getByRole('form', { name: 'Delete my account' });
    const submit = async (password: string): Promise<void> => {
      await card.getByLabel('Your password').fill(password);
      await card.getByRole('button', { name: 'Delete my account' }).click();
    };
    await submit('a wrong password');
    await card.getByText('The password is wrong.').waitFor();
    await submit('correct horse battery');
    await page.getByText('Your account is deleted.').waitFor();
    await page.getByRole('heading', { name: 'Welcome to Parley' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
    await expect.poll(() => page.evaluate(() => JSON.stringify({ ...localStorage }))).not.toContain(ann.account.userId);
    await page.getByLabel('Name').fill(ann.account.userId);
    await page.getByLabel('Password').fill('correct horse battery');
    await page.locator('form').getByRole('button', { name: 'Log in' }).click();
    await page.getByRole('alert').getByText('The name or the password is wrong.').waitFor();
  });

  it('keeps settings and the display name, and shows others the new name', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write('Hello');
    const { page } = ben;
    await page.getByRole('link', { name: 'Settings' }).click();
    await page.getByLabel('What others see').fill('Benjamin');
    await page.getByRole('button', { name: 'Save' }).click();
    await page.getByText('Saved.', { exact: true }).waitFor();
    await page.getByLabel('Notify me of').selectOption('mentions');
    await page.getByLabel('Mute everything').selectOption('Mute for a week');
    await page.getByRole('checkbox', { name: 'Do not disturb' }).check();
    const quietFrom = page.getByLabel('From').and(page.locator('input[type=time]')); // search has a date of that label
    await quietFrom.fill('21:30');
    await page.getByLabel('What I have received and read').selectOption('Nobody');
    await page.getByText('All changes are saved.').waitFor();
    expect(await page.getByLabel('Mute everything').inputValue()).toBe('muted');

    await ben.reload();
    await expect.poll(() => page.getByLabel('What others see').inputValue()).toBe('Benjamin');
    expect(await page.getByLabel('Notify me of').inputValue()).toBe('mentions');
    expect(await page.getByLabel('Mute everything').inputValue()).toBe('muted');
    await quietFrom.waitFor();
    await expect.poll(() => quietFrom.inputValue()).toBe('21:30');
    expect(await page.getByLabel('What I have received and read').inputValue()).toBe('nobody');

    await ann.reload();
    await ann.page.locator('header.bar').getByRole('heading', { name: 'Benjamin' }).waitFor();
  });

  it('does not tell others what one has read, when one does not want that', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ben.page.getByRole('link', { name: 'Settings' }).click();
    await ben.page.getByLabel('What I have received and read').selectOption('Nobody');
    await ben.page.getByText('All changes are saved.').waitFor();
    await ben.page.reload();
    await expect.poll(() => ben.page.getByLabel('What I have received and read').inputValue()).toBe('nobody');
    await ann.startChat(ben.account);
    await ann.write('read this');
    await ben.open(ann.account.displayName);
    await ben.sees('read this');
    await ben.write('I have');
    await ann.sees('I have');
    await ann.reload();
    await ann.sees('I have');
    await ann.state('read this', 'sent');
  });

  it('holds one connection for all tabs of a browser, and moves it to the tab one asks it to', async () => {
    const ann = await world.newPerson('Ann');
    const second = await ann.context.newPage();
    await second.goto(world.server.origin);
    await second.getByRole('heading', { name: 'Parley is open in another tab' }).waitFor();
    await second.getByRole('button', { name: 'Use it here' }).click();
    await second.getByRole('link', { name: 'Settings' }).waitFor();
    await ann.page.getByRole('heading', { name: 'Parley is open in another tab' }).waitFor();
  });

  it('logs another device out, which then asks to log in again', async () => {
    const ann = await world.newPerson('Ann');
    const other = await world.at(ann.account);
    other.expect(REFUSED);
    await other.logIn();
    await ann.page.getByRole('link', { name: 'Settings' }).click();
    await ann.page.getByRole('region', { name: 'Devices' }).getByRole('button', { name: 'Log out' }).click();
    await other.page.getByRole('heading', { name: 'Welcome to Parley' }).waitFor();
    await ann.page.getByText('this device', { exact: true }).waitFor();
  });

  it('changes the password, which logs the other devices out', async () => {
    const ann = await world.newPerson('Ann');
    const other = await world.at(ann.account);
    for (const person of [ann, other]) person.expect(REFUSED);
    await other.logIn();
    const { page } = ann;
    await page.getByRole('link', { name: 'Settings' }).click();
    const card = page.getByRole('form', { name: 'Password' });
    const change = async (current: string, next: string): Promise<void> => {
      await card.getByLabel('Current password').fill(current);
      await card.getByLabel('New password').fill(next);
      await card.getByRole('button', { name: 'Change the password' }).click();
    };
    await change('a wrong password', 'a new good password');
    await card.getByRole('alert').getByText('The current password is wrong.').waitFor();
    await change('correct horse battery', 'a new good password');
    await page.getByText('Your password is another now.').waitFor();
    await other.page.getByRole('heading', { name: 'Welcome to Parley' }).waitFor();
    await ann.reload();
    await ann.logOut();
    await page.getByLabel('Name').fill(ann.account.userId);
    await page.getByLabel('Password').fill('a new good password');
    await page.locator('form').getByRole('button', { name: 'Log in' }).click();
    await ann.inside();
  });

  it('can be used with the keyboard alone', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    const { page } = ann;
    const focused = (): Promise<string> =>
      page.evaluate(
        () => document.activeElement?.getAttribute('aria-label') ?? document.activeElement?.textContent ?? '',
      );
    const tabTo = async (wanted: RegExp): Promise<void> => {
      for (let presses = 0; presses < 30; presses++) {
        if (wanted.test(await focused())) return;
        await page.keyboard.press('Tab');
      }
      throw new Error(`no way by Tab to ${wanted}; at ${await focused()}`);
    };
    await tabTo(/^People/);
    await page.keyboard.press('Enter');
    await tabTo(/^Find people by name/);
    await page.keyboard.type(ben.account.userId);
    await ann.row(ben.account).waitFor();
    await tabTo(/^More about/);
    await page.keyboard.press('Enter');
    await page.getByRole('menu').waitFor();
    await page.keyboard.press('ArrowDown');
    expect(await focused()).toBe('Block');
    await page.keyboard.press('Escape');
    await page.getByRole('menu').waitFor({ state: 'detached' });
    expect(await focused()).toMatch(/^More about/);
    await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await expect.poll(focused).toMatch(/^Message to/);
    await page.keyboard.type('by keyboard');
    await page.keyboard.press('Enter');
    await ann.state('by keyboard', 'delivered');
    await page.keyboard.type('and again');
    await page.keyboard.press('Enter');
    await ann.state('and again', 'delivered');

    // Of all messages Tab reaches the last one; the arrow keys lead to the others, and what they reached stays reached.
    const atMessage = (text: string): Promise<boolean> =>
      ann.message(text).evaluate((line) => line.contains(document.activeElement));
    await page.keyboard.press('Shift+Tab');
    expect(await atMessage('and again')).toBe(true);
    await page.keyboard.press('ArrowUp');
    expect(await atMessage('by keyboard')).toBe(true);
    await page.keyboard.press('Tab');
    expect(await focused()).toMatch(/^Message to/);
    await page.keyboard.press('Shift+Tab');
    expect(await atMessage('by keyboard')).toBe(true);
  });
});
