// What becomes of messages, in a real browser against the real process: both see the same, and a third who comes later too.
import type { Locator } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { chromiumOrSkip } from './chromium.js';
import type { Person } from './person.js';
import { PHONE, World } from './world.js';

const executable = chromiumOrSkip();

const hasFocus = (element: Element): boolean => element === document.activeElement;

async function choose(person: Person, text: string, what: string): Promise<void> {
  // By its own words: an answer to it has them as well, as a quote.
  const words = person.page.locator('.words', { hasText: text });
  const message = person.page.locator('li.message').filter({ has: words }).last();
  await message.hover();
  await message.getByRole('button', { name: 'More about this message' }).click();
  await message.getByRole('menuitem', { name: what }).click();
}

describe.skipIf(executable === undefined)('messages in a real Chromium', { timeout: 120_000 }, () => {
  const world = World.around(executable ?? '');

  it('are answered, reacted to, edited, deleted, and mention people, alike for all who see them', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben', PHONE);
    const name = ben.account.displayName;
    await ann.createGroup('Crew', [ben.account]);
    await ann.write('Who brings the cake?');
    await ben.open('Crew');
    await ben.sees('Who brings the cake?');

    await choose(ben, 'Who brings the cake?', 'Reply');
    await ben.page.getByText(/^Reply to/).waitFor();
    await ben.write('Not me');
    await ann.message('Not me').locator('.quote').getByText('Who brings the cake?').waitFor();

    await choose(ann, 'Not me', '👍');
    await ben.message('Not me').getByRole('button', { name: '👍 1' }).click();
    await ann.message('Not me').getByRole('button', { name: '👍 2' }).waitFor();

    await choose(ben, 'Not me', 'Edit');
    await ben.write('All right, me');
    await ann.sees('All right, me');
    await ann.message('All right, me').getByText('edited').waitFor();

    await choose(ann, 'Who brings the cake?', 'Delete');
    await ann.page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await choose(ann, 'Who brings the cake?', 'Delete');
    await ann.confirm('Delete');
    await ben.sees('This message was deleted.');

    const box = ann.page.getByRole('textbox', { name: /^Message to/ });
    await box.pressSequentially(`thanks @${name.slice(0, 3)}`);
    const offer = ann.page.getByRole('option', { name: `@${name}` });
    await offer.waitFor();
    await box.press('ArrowDown');
    await expect.poll(() => offer.getAttribute('aria-selected')).toBe('true');
    await box.press('Enter');
    await offer.waitFor({ state: 'detached' });
    await box.press('Enter');
    await ben.page.locator('.mention.of-me').getByText(`@${name}`).waitFor();

    await ann.reload();
    await ann.open('Crew');
    await ann.message('All right, me').getByRole('button', { name: '👍 2' }).waitFor();
    expect(await ann.texts()).toEqual(await ben.texts());
    expect(await ann.texts()).toEqual(['This message was deleted.', 'All right, me', `thanks @${name}`]);

    await ben.page.getByRole('link', { name: 'Back to the conversations' }).click();
    await ben.page.getByRole('navigation').getByRole('link', { name: 'Mentions' }).click();
    const mention = ben.page.locator('[data-mention]').filter({ hasText: `thanks @${name}` });
    await mention.getByText('in Crew').waitFor();
    await mention.click();
    await ben.page.locator('li.message.found').getByText(`thanks @${name}`).waitFor();
    expect([...ann.complaints, ...ben.complaints]).toEqual([]);
  });

  it('are not overwritten by what one writes later: the composer says what it edits, wherever one has gone', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write('I owe you a hundred');
    await ann.writeAll(Array.from({ length: 110 }, (_, at) => `line ${at + 1}`));
    await ann.state('line 110', 'delivered');
    await ann.reload();
    await ann.page.getByRole('searchbox', { name: 'Search messages' }).fill('hundred');
    await ann.page.locator('[data-hit]').first().click();
    await choose(ann, 'I owe you a hundred', 'Edit');
    await ann.page.getByRole('button', { name: 'To the newest' }).click();
    await ann.sees('line 110');
    const note = ann.page.locator('.composer-about');
    await note.getByText('Editing I owe you a hundred').waitFor();

    await ann.reload();
    await note.getByText('Editing I owe you a hundred').waitFor();
    await note.getByRole('button', { name: 'Cancel' }).click();
    await ann.write('see you at eight');
    await ben.open(ann.account.displayName);
    await ben.sees('see you at eight');
    expect((await ben.texts()).at(-1)).toBe('see you at eight');
  });

  it('take the keyboard along: to the composer with each reply, after a question back to where it was', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write('first');
    await ann.write('second');
    await ann.state('second', 'delivered');
    const box = ann.page.getByRole('textbox', { name: /^Message to/ });
    const isAt = (place: Locator): Promise<void> => expect.poll(() => place.evaluate(hasFocus)).toBe(true);
    for (const text of ['first', 'second', 'second']) {
      await choose(ann, text, 'Reply');
      await isAt(box);
    }
    await ann.page.locator('.composer-about').getByRole('button', { name: 'Cancel' }).click();
    await isAt(box);

    const more = ann.message('first').getByRole('button', { name: 'More about this message' });
    await ann.message('first').hover();
    await more.click();
    await ann.page.getByRole('menuitem').last().press('Tab');
    await ann.page.getByRole('menu').waitFor({ state: 'detached' });

    await choose(ann, 'first', 'Delete');
    await ann.page.keyboard.press('Escape');
    await isAt(more);
    await choose(ann, 'first', 'Delete');
    await ann.confirm('Delete');
    await isAt(box);
  });

  it('stay in the composer until they are sent: over a reload, another view and an edit', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    await ann.write('first');
    await ann.state('first', 'delivered');
    const box = ann.page.getByRole('textbox', { name: /^Message to/ });
    await box.fill('half a thought');
    await ann.page.getByRole('link', { name: 'About this conversation' }).click();
    await ann.page.goBack();
    expect(await box.inputValue()).toBe('half a thought');
    await choose(ann, 'first', 'Edit');
    expect(await box.inputValue()).toBe('first');
    await ann.reload();
    await box.press('Escape');
    await expect.poll(() => box.inputValue()).toBe('half a thought');
  });
});
