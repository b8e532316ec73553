// Searching messages, in a real browser against the real process: found, marked, narrowed down, paged, and gone to.
import { describe, expect, it } from 'vitest';
import { chromiumOrSkip } from './chromium.js';
import type { Person } from './person.js';
import { PHONE, World } from './world.js';

const executable = chromiumOrSkip();

const resultsOf = ({ page }: Person) => page.getByRole('list', { name: 'Messages found' }).locator('[data-hit]');
const snippetsOf = (person: Person): Promise<string[]> => resultsOf(person).locator('.snippet').allTextContents();
const marksOf = (person: Person): Promise<string[]> => resultsOf(person).locator('mark').allTextContents();

async function look(person: Person, words: string): Promise<void> {
  await person.page.getByLabel('Search messages').fill(words);
}

describe.skipIf(executable === undefined)('search in a real Chromium', { timeout: 120_000 }, () => {
  const world = World.around(executable ?? '');

  it('finds words in all of one’s conversations, in languages without spaces too, newest first', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.startChat(ben.account);
    for (const text of [
      '회의는 학교에서 합니다',
      '東京都の天気は晴れ',
      '我们在北京大学见面',
      'ประชุมพรุ่งนี้เช้า',
      'Tea at four',
    ])
      await ann.write(text);
    await ann.createGroup('Tea party', [ben.account]);
    await ann.write('more TEA <b>please</b>');
    await ann.state('more TEA <b>please</b>', 'delivered');

    await ben.tab('Chats');
    await look(ben, 'tea');
    await expect.poll(() => marksOf(ben)).toEqual(['TEA', 'Tea']);
    const ofAnn = `${ann.account.displayName}: `;
    expect(await snippetsOf(ben)).toEqual([`${ofAnn}more TEA <b>please</b>`, `${ofAnn}Tea at four`]);
    for (const word of ['학교', '天気', '北京大学', 'พรุ่งนี้']) {
      await look(ben, word);
      await expect.poll(() => marksOf(ben), { message: word }).toEqual([word]);
    }
    await look(ben, 'coffee');
    await ben.page.getByText('No message has that.').waitFor();
    await look(ben, '');
    await ben.conversation('Tea party').waitFor();
  });

  it('keeps to a sender, a conversation and days', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben');
    await ann.createGroup('Walks', [ben.account]);
    await ann.write('rain on Monday');
    await ben.open('Walks');
    await ben.write('rain again');
    await ann.sees('rain again');
    await ann.startChat(ben.account);
    await ann.write('rain, dear?');
    await ann.state('rain, dear?', 'delivered');

    await ann.tab('Chats');
    await look(ann, 'rain');
    await expect.poll(async () => (await snippetsOf(ann)).length).toBe(3);
    await ann.page.getByText('Filters', { exact: true }).click();
    await ann.page.getByLabel('Conversation', { exact: true }).selectOption({ label: 'Walks' });
    await expect.poll(() => snippetsOf(ann)).toEqual([`${ben.account.displayName}: rain again`, 'You: rain on Monday']);
    await ann.page.getByLabel('Sent by').fill(ben.account.userId);
    await expect.poll(() => snippetsOf(ann)).toEqual([`${ben.account.displayName}: rain again`]);
    await ann.page.getByLabel('To day').fill('2020-01-31');
    await ann.page.getByText('No message has that.').waitFor();
    await ann.page.getByLabel('From day').fill('2020-01-01');
    await ann.page.getByLabel('To day').fill('');
    await expect.poll(() => snippetsOf(ann)).toEqual([`${ben.account.displayName}: rain again`]);
  });

  it('pages back, goes to a message far above with what was said around it, and returns to the newest', async () => {
    const ann = await world.newPerson('Ann');
    const ben = await world.newPerson('Ben', PHONE);
    await ann.startChat(ben.account);
    const texts = Array.from({ length: 130 }, (_, at) => `line ${at + 1}${at % 5 === 0 ? ' needle' : ''}`);
    await ann.writeAll(texts);
    await ann.state('line 130', 'delivered');

    await look(ben, 'needle');
    await expect.poll(async () => (await snippetsOf(ben)).length).toBe(20);
    await ben.page.getByRole('button', { name: 'Look further back' }).click();
    await expect.poll(async () => (await snippetsOf(ben)).length).toBe(26);
    await ben.page.getByText('That is all.').waitFor();
    await resultsOf(ben).filter({ hasText: 'line 11 needle' }).click();
    await ben.page.locator('li.message.found').getByText('line 11 needle').waitFor();
    const found = ben.page.locator('li.message.found');
    const seen = () => found.evaluate((line) => line.getBoundingClientRect().top);
    expect(await seen()).toBeGreaterThan(0);
    expect(await seen()).toBeLessThan(700);
    expect((await ben.texts()).includes('line 130')).toBe(false);

    await ann.write('and now the last');
    await ann.state('and now the last', 'delivered');
    await ben.page.getByRole('button', { name: 'To the newest' }).click();
    await ben.sees('and now the last');
    await ann.state('and now the last', 'read');
    expect((await ben.texts()).slice(-2)).toEqual(['line 130', 'and now the last']);

    await ben.page.getByRole('link', { name: /^Back to/ }).click();
    await resultsOf(ben).filter({ hasText: 'line 1 needle' }).click();
    await ben.page.locator('li.message.found').getByText('line 1 needle').waitFor();
    await ben.page.getByRole('textbox', { name: /^Message to/ }).fill('here I am');
    await ben.page.getByRole('button', { name: 'Send' }).click();
    await ben.state('here I am', 'read');

    await ben.page.getByRole('link', { name: /^Back to/ }).click();
    await resultsOf(ben).filter({ hasText: 'line 6 needle' }).click();
    await ben.page.locator('li.message.found').getByText('line 6 needle').waitFor();
    await ben.page.getByRole('link', { name: /^Back to/ }).click();
    await look(ben, '');
    await ben.open(ann.account.displayName);
    await ben.sees('here I am');
    const bottom = () => ben.message('here I am').evaluate((line) => line.getBoundingClientRect().bottom);
    await expect.poll(bottom).toBeLessThan(780);
  });
});
