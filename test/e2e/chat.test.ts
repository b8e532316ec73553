// The main job, in a real browser against the real process: people sign up, find each other, chat one to one and in a
// group, go away, come back on another device, and miss nothing.
import { describe, expect, it } from 'vitest';
import { chromiumOrSkip } from './chromium.js';
import type { Account } from './person.js';
import { PHONE, World } from './world.js';

const executable = chromiumOrSkip();
const NETWORK_GONE = /net::ERR_|WebSocket/;

describe.skipIf(executable === undefined)('chatting in a real Chromium', { timeout: 90_000 }, () => {
  const world = World.around(executable ?? '');

  it('lets two people find each other and chat, and shows how far each message has come', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write('Hello Ben!');
    await ann.state('Hello Ben!', 'delivered');

    await ben.unread(ann.account.displayName, 1);
    expect(await ben.page.title()).toBe('(1) Parley');
    await ben.open(ann.account.displayName);
    await ben.sees('Hello Ben!');
    await ann.state('Hello Ben!', 'read');
    await expect.poll(() => ben.page.title()).toBe('Parley');

    await ben.write('Hello Ann!');
    await ann.sees('Hello Ann!');
    await ben.state('Hello Ann!', 'read');
    expect(await ann.texts()).toEqual(['Hello Ben!', 'Hello Ann!']);
    expect(await ben.texts()).toEqual(['Hello Ben!', 'Hello Ann!']);
    await ann.page
      .getByTestId('announcer')
      .getByText(`${ben.account.displayName}: Hello Ann!`)
      .waitFor({ state: 'attached' });
  });

  it('counts on the app’s badge what is unread, and no more what was read at another device', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    // A page that is not installed has no badge: this one is asked what it was told to show.
    await ben.page.addInitScript(() => {
      navigator.setAppBadge = async (unread = 0) => {
        document.documentElement.dataset.badge = String(unread);
      };
    });
    await ben.reload();
    const badge = () => ben.page.evaluate(() => document.documentElement.dataset.badge);
    await ann.startChat(ben.account);
    await ann.write('one');
    await ann.write('two');
    await expect.poll(badge).toBe('2');
    const elsewhere = await world.at(ben.account);
    await elsewhere.logIn();
    await elsewhere.open(ann.account.displayName);
    await elsewhere.sees('two');
    await expect.poll(badge).toBe('0');
    await ann.write('three');
    await elsewhere.sees('three');
    await elsewhere.leave();
    await ann.write('four');
    await expect.poll(badge).toBe('1');
  });

  it('shows what somebody wrote as they wrote it, never as part of the page', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    const text = '<img src=x onerror="document.title=1"> & <b>bold</b>\nsecond line';
    await ann.startChat(ben.account);
    await ann.write(text);
    await ben.open(ann.account.displayName);
    await ben.message('second line').waitFor();
    expect(await ben.texts()).toEqual([text]);
    expect(await ben.page.locator('.words b, .words img').count()).toBe(0);
  });

  it('makes friends: a request, its acceptance, presence, and blocking', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    const row = await ann.find(ben.account.userId, ben.account);
    await row.getByRole('button', { name: /^More about/ }).click();
    await ann.page.getByRole('menuitem', { name: 'Ask to be friends' }).click();

    await ben.tab('People');
    await ben.row(ann.account).getByRole('button', { name: 'Accept' }).click();
    await ben.row(ann.account).getByText('online').waitFor();

    await ann.tab('Chats');
    await ann.tab('People');
    await ann.row(ben.account).getByText('online').waitFor();

    await ann.row(ben.account).getByRole('button', { name: 'Message' }).click();
    await ben
      .row(ann.account)
      .getByRole('button', { name: /^More about/ })
      .click();
    await ben.page.getByRole('menuitem', { name: 'Block' }).click();
    await ben.row(ann.account).getByRole('button', { name: 'Unblock' }).waitFor();
    await ann.write('do you hear me?');
    await ann.state('do you hear me?', 'sent');
    await ben.row(ann.account).getByRole('button', { name: 'Unblock' }).click();
    await ben.row(ann.account).waitFor({ state: 'detached' });
    await ann.write('and now?');
    await ben.open(ann.account.displayName);
    await ben.sees('and now?');
    expect(await ben.texts()).toEqual(['and now?']);
    expect(await ann.texts()).toEqual(['do you hear me?', 'and now?']);
  });

  it('holds a group of three: invite, rename, roles, remove, leave, each told in the conversation', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    const carla = await world.newPerson('Carla');
    await ann.createGroup('Boat trip', [ben.account]);
    await ann.write('Who is in?');
    await ben.open('Boat trip');
    await ben.sees('Who is in?');

    await ann.page.getByRole('link', { name: 'About this conversation' }).click();
    await ann.page.getByLabel('Find people to add by name').fill(carla.account.userId);
    await ann.page.locator(`[data-add="${carla.account.userId}"]`).click();
    await ann.page.getByRole('button', { name: 'Add to the group' }).click();
    await carla.open('Boat trip');
    await carla.write('Me too');
    await ben.sees('Me too');
    await ben.sees(`${ann.account.displayName} added ${carla.account.displayName}`);

    await ann.page.getByLabel('Name', { exact: true }).fill('Long boat trip');
    await ann.page.getByRole('button', { name: 'Rename' }).click();
    await ben.page.getByRole('heading', { name: 'Long boat trip' }).waitFor();

    const member = (who: Account) => ann.page.locator(`[data-member="${who.userId}"]`);
    await member(ben.account)
      .getByRole('button', { name: /^More about/ })
      .click();
    await ann.page.getByRole('menuitem', { name: 'Make an admin' }).click();
    await ben.sees(`${ann.account.displayName} made you an admin`);

    await member(carla.account)
      .getByRole('button', { name: /^More about/ })
      .click();
    await ann.page.getByRole('menuitem', { name: 'Remove from the group' }).click();
    await ann.confirm('Remove from the group');
    await ben.sees(`${ann.account.displayName} removed ${carla.account.displayName}`);
    await carla.sees(`${ann.account.displayName} removed you`);
    await carla.page.getByText('You are not in this group any more.').waitFor();
    await carla.page.getByRole('heading', { name: 'Long boat trip' }).waitFor();
    await carla.conversation('Long boat trip').waitFor({ state: 'detached' });

    await ben.page.getByRole('link', { name: 'About this conversation' }).click();
    await ben.page.getByRole('button', { name: 'Leave the group' }).click();
    await ben.confirm('Leave the group');
    await ben.conversation('Long boat trip').waitFor({ state: 'detached' });
    await ann.open('Long boat trip');
    await ann.sees(`${ben.account.displayName} left`);
  });

  it('lets whoever has the link of an open group join it, and nobody into a closed one', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.createGroup('Closed club', []);
    await ben.page.goto(ann.page.url());
    await ben.page.getByRole('button', { name: 'Join' }).click();
    await ben.page.getByRole('alert').waitFor();
    await ann.createGroup('Open house', [], true);
    await ann.page.getByRole('link', { name: 'About this conversation' }).click();
    const link = await ann.page.getByLabel('Whoever has this link may join').inputValue();
    await ben.page.goto(link);
    await ben.page.getByRole('button', { name: 'Join' }).click();
    await ben.sees('You joined');
    await ben.write('Thanks for having me');
    await ann.open('Open house');
    await ann.sees('Thanks for having me');
  });

  it('gives who closed the laptop everything in order, on another device and on the first one again', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write('before');
    await ben.open(ann.account.displayName);
    await ben.sees('before');
    const laptop = await ben.context.storageState();
    await ben.leave();

    const missed = Array.from({ length: 12 }, (_, at) => `while away ${at + 1}`);
    await ann.writeAll(missed);
    await ann.state('while away 12', 'sent');

    const phone = await world.at(ben.account, PHONE);
    await phone.logIn();
    await phone.unread(ann.account.displayName, 12);
    await phone.open(ann.account.displayName);
    await phone.sees('while away 12');
    expect(await phone.texts()).toEqual(['before', ...missed]);
    await ann.state('while away 12', 'read');
    await phone.write('back on my phone');
    await ann.sees('back on my phone');

    const again = await world.at(ben.account, { storageState: laptop });
    await again.inside();
    await again.open(ann.account.displayName);
    await again.sees('back on my phone');
    expect(await again.texts()).toEqual(['before', ...missed, 'back on my phone']);
  });

  it('stays logged in over a reload, with the conversation still open, and logs out for good', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write('still here?');
    await ann.state('still here?', 'delivered');
    await ann.reload();
    await ann.sees('still here?');
    await ann.write('yes');
    await ann.state('yes', 'delivered');
    expect(await ann.texts()).toEqual(['still here?', 'yes']);

    await ann.logOut();
    await ann.page.reload();
    await ann.page.getByRole('heading', { name: 'Welcome to Parley' }).waitFor();
  });

  it('loads older messages as one scrolls up, without moving what one reads', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    const texts = Array.from({ length: 75 }, (_, at) => `line ${at + 1}`);
    await ann.writeAll(texts);
    await ann.state('line 75', 'delivered');

    await ben.open(ann.account.displayName);
    await ben.sees('line 75');
    await ben.page.getByText('New', { exact: true }).waitFor();
    expect((await ben.texts()).at(-1)).toBe('line 75');
    const top = await ben.scrollToOldest();
    await expect.poll(() => ben.texts()).toEqual(texts);
    expect(await ben.offsetOf(top.seq)).toBeCloseTo(top.offset, 0);
    await ben.page.getByRole('button', { name: 'To the newest' }).click();
    await ann.state('line 75', 'read');
  });

  it('rides out a crash of the server: says so, keeps what one writes, and sends it once it is back', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write('before the crash');
    await ann.state('before the crash', 'delivered');
    await ben.open(ann.account.displayName);
    for (const person of [ann, ben]) person.expect(NETWORK_GONE);
    await world.server.kill();
    await ann.page
      .locator('.banner')
      .getByText(/Reconnecting/)
      .waitFor();
    await ann.write('into the gap');
    await ann.state('into the gap', 'pending');
    await world.server.run();
    for (const person of [ann, ben]) await person.tryNow();
    await ann.state('into the gap', 'read');
    await ben.sees('into the gap');
    expect(await ben.texts()).toEqual(['before the crash', 'into the gap']);
  });

  it('fits a phone: one half at a time, nothing wider than the screen, all of it to be touched', async () => {
    const ann = await world.newPerson('Ann', PHONE);
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write(`${'averylongwordwithoutaplacetobreak'.repeat(8)} and the rest`);
    await ben.open(ann.account.displayName);
    await ann.page.getByRole('heading', { name: 'Parley' }).waitFor({ state: 'hidden' });
    const overflow = () => ann.page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
    expect(await overflow()).toBeLessThanOrEqual(0);
    for (const target of await ann.page.locator('a:visible, button:visible, textarea:visible').all()) {
      const box = await target.boundingBox();
      expect(
        Math.min(box?.width ?? 0, box?.height ?? 0),
        await target.evaluate((node) => node.outerHTML),
      ).toBeGreaterThanOrEqual(40);
    }
    await ann.page.getByRole('link', { name: /^Back/ }).click();
    await ann.page.getByRole('heading', { name: 'Parley' }).waitFor();
    await ann.page.getByRole('link', { name: 'Settings' }).click();
    await ann.page.getByRole('heading', { name: 'Notifications' }).waitFor();
    expect(await overflow()).toBeLessThanOrEqual(0);
  });
});
