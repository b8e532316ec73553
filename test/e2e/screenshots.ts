/**
 * `make screenshots`: the pictures of docs/screenshots/, one a part of the page, made by a real Chromium against the real
 * process. One person is at the browser, the others are there by the SDK.
 */
import { WebSocket } from 'ws';
import { type ChannelInfo, ParleyClient, webSocketFactory } from '../../client/index.js';
import { findChromium, launchChromium } from './chromium.js';
import { Person } from './person.js';
import { TestServer } from './server.js';

const FOLDER = 'docs/screenshots';
const PASSWORD = 'correct horse battery';
const VIEWPORT = { width: 1060, height: 660 };
const PHONE = { width: 390, height: 760 };
const WALKERS = 30;

interface Stage {
  readonly origin: string;
  /** At the browser, and the same person on another device. */
  readonly ann: Person;
  readonly annElsewhere: ParleyClient;
  readonly ben: ParleyClient;
  readonly cleo: ParleyClient;
  readonly group: ChannelInfo;
}

const client = (origin: string): ParleyClient =>
  new ParleyClient({ baseUrl: origin, webSocket: webSocketFactory(WebSocket) });

async function arrive(origin: string, userId: string, displayName: string): Promise<ParleyClient> {
  const person = client(origin);
  await person.signUp({ userId, displayName, password: PASSWORD });
  await person.connect();
  await person.people.requestFriend('ann');
  return person;
}

async function say(person: ParleyClient, channelId: string, ...texts: readonly string[]): Promise<void> {
  for (const text of texts) await person.send({ channelId, text }).sent();
}

async function shoot(ann: Person, name: string): Promise<void> {
  await ann.page.mouse.move(0, 0);
  await ann.page.screenshot({ path: `${FOLDER}/${name}.png`, animations: 'disabled', caret: 'hide' });
  process.stdout.write(`${FOLDER}/${name}.png\n`);
}

async function set(origin: string, ann: Person): Promise<Stage> {
  await ann.signUp();
  const [ben, cleo] = [await arrive(origin, 'ben', 'Ben'), await arrive(origin, 'cleo', 'Cleo')];
  const annElsewhere = client(origin);
  await annElsewhere.logIn({ userId: 'ann', password: PASSWORD });
  await annElsewhere.connect();
  for (const friend of ['ben', 'cleo']) await annElsewhere.people.acceptFriend(friend);
  const group = await ben.createChannel({ name: 'Sunday walk', members: ['ann', 'cleo'] });
  await ann.reload();
  return { origin, ann, annElsewhere, ben, cleo, group };
}

/** 1: what is told while the page is closed. */
async function push({ ann, origin }: Stage): Promise<void> {
  await ann.context.grantPermissions(['notifications'], { origin });
  await ann.page.getByRole('link', { name: 'Settings' }).click();
  const card = ann.page.getByLabel('Notifications', { exact: true });
  await card.getByLabel('Notify me of').selectOption('mentions');
  await card.getByText('Do not disturb, every day').click();
  await card.getByLabel('Until', { exact: true }).waitFor();
  await card.evaluate((element) => element.scrollIntoView({ block: 'center' }));
  await shoot(ann, 'push');
  await ann.tab('Chats');
}

/** 2: who is there, and how one appears oneself. */
async function presence({ ann, ben, cleo, origin }: Stage): Promise<void> {
  await ben.setPresence({ choice: 'doNotDisturb', status: 'writing a talk' });
  await cleo.setPresence({ choice: 'away', status: 'at lunch, back at two' });
  await say(cleo, cleo.directChannelId('ann'), 'The forecast says sun.');
  await say(ben, ben.directChannelId('ann'), 'Back in an hour, then we plan the walk.');
  await ann.page.goto(`${origin}/#/c/${ben.directChannelId('ann')}`);
  await ann.page.getByTestId('subtitle').getByText('writing a talk').waitFor();
  await ann.sees('Back in an hour, then we plan the walk.');
  await shoot(ann, 'presence');
}

/** 3: how far a message has come, and who is writing. */
async function receipts({ ann, ben }: Stage): Promise<void> {
  await ben.setPresence({ choice: 'online', status: '' });
  const channelId = ben.directChannelId('ann');
  await ann.write('Shall we take the nine o’clock train?');
  await ann.state('Shall we take the nine o’clock train?', 'delivered');
  await say(ben, channelId, 'Yes, from platform two.');
  await ann.write('Then I bring the map and the tea.');
  await ann.state('Then I bring the map and the tea.', 'delivered');
  const { head } = await ben.getChannel(channelId);
  await ben.markRead(channelId, head - 1);
  await ann.state('Shall we take the nine o’clock train?', 'read');
  ben.typing(channelId);
  await ann.page.getByTestId('subtitle').getByText('is typing').waitFor();
  await shoot(ann, 'receipts-typing');
}

/** How it looks with nothing but a conversation. */
async function conversation({ ann, annElsewhere, ben, cleo }: Stage): Promise<void> {
  const channelId = ben.directChannelId('ann');
  await ben.setPresence({ choice: 'online', status: '' });
  const asked = await annElsewhere.send({ channelId, text: 'Are you still up for Saturday?' }).sent();
  await ben.markRead(channelId, asked.seq);
  await say(ben, channelId, 'Of course. I packed already:\n– jackets\n– the blue rope\n– too many biscuits');
  const { seq } = await annElsewhere.send({ channelId, text: 'There is no such thing as too many biscuits.' }).sent();
  await ben.markRead(channelId, seq);
  await ben.react(channelId, seq, '😂').sent();
  await say(ben, channelId, 'Then I take more. Shall I pick you up at six?');
  await say(cleo, cleo.directChannelId('ann'), 'West, four to five. Perfect.');
  await ann.open('Ben');
  await ann.write('Six is perfect. Bring the dog!');
  await ann.state('Six is perfect. Bring the dog!', 'delivered');
  const { head } = await ben.getChannel(channelId);
  await ben.markRead(channelId, head);
  await ann.state('Six is perfect. Bring the dog!', 'read');
  await shoot(ann, 'conversation');
}

/** 4: where one was mentioned. */
async function mentions({ ann, ben, cleo, group: { channelId } }: Stage): Promise<void> {
  const named = (kind: 'user' | 'here', text: string, userId = '') =>
    [{ kind, userId, start: 0, length: text.indexOf(' ') }] as const;
  const asked = '@Ann can you bring the map?';
  await ben.send({ channelId, text: asked, mentions: named('user', asked, 'ann') }).sent();
  await say(ben, channelId, 'I have the sandwiches.');
  const here = '@here the train is ten minutes late';
  await cleo.send({ channelId, text: here, mentions: named('here', here) }).sent();
  await ann.page.getByRole('navigation').getByRole('link', { name: 'Mentions' }).click();
  await ann.page.locator('[data-mention]').nth(1).waitFor();
  await shoot(ann, 'mentions');
}

/** 5: words found in all conversations, and the way to them. */
async function search({ ann, ben, cleo, group: { channelId } }: Stage): Promise<void> {
  await say(ben, channelId, 'Whose tea was that, by the way?', 'The lake was cold.');
  await say(cleo, channelId, 'Next time we start earlier.', 'Teatime at the lake was lovely!');
  await say(ben, channelId, ...Array.from({ length: 60 }, (_, at) => `stop ${at + 1} of the walk`));
  await ann.tab('Chats');
  await ann.page.getByLabel('Search messages').fill('tea');
  await ann.page.locator('[data-hit] mark').nth(2).waitFor();
  await ann.page.locator('[data-hit]').filter({ hasText: 'Whose tea' }).click();
  await ann.page.locator('li.message.found').waitFor();
  await shoot(ann, 'search');
  await ann.page.getByLabel('Search messages').fill('');
}

/** 6: a message answered, reacted to, edited and deleted. */
async function said({ ann, ben, cleo, annElsewhere, group: { channelId } }: Stage): Promise<void> {
  const cake = await ben.send({ channelId, text: 'Who brings the cake?' }).sent();
  const answer = await annElsewhere.send({ channelId, text: 'Not me', replyTo: cake.seq }).sent();
  await annElsewhere.edit(channelId, answer.seq, 'All right, I do: lemon or plum?').sent();
  const slip = await cleo.send({ channelId, text: 'wrong window' }).sent();
  await cleo.erase(channelId, slip.seq).sent();
  await cleo.react(channelId, answer.seq, '😂').sent();
  await ben.react(channelId, answer.seq, '😂').sent();
  await ben.react(channelId, answer.seq, '❤️').sent();
  await cleo.send({ channelId, text: 'Plum!', replyTo: answer.seq }).sent();
  await ann.open('Sunday walk');
  await ann.page.getByRole('button', { name: '😂 2' }).waitFor();
  await ann.sees('Plum!');
  const toTheNewest = ann.page.getByRole('button', { name: 'To the newest' });
  if (await toTheNewest.isVisible()) await toTheNewest.click();
  await shoot(ann, 'edit-reply-react');
}

/** 7: a broadcast channel, and who is in it. */
async function large({ ann, ben, origin }: Stage): Promise<void> {
  const names = Array.from({ length: WALKERS }, (_, at) => `walker_${String(at + 1).padStart(3, '0')}`);
  for (const userId of names) await client(origin).signUp({ userId, password: PASSWORD });
  const { channelId } = await ben.createChannel({
    kind: 'broadcast',
    name: 'Walking club',
    members: ['ann', ...names],
  });
  await say(ben, channelId, 'The season starts on the first of May.');
  await ann.page.goto(`${origin}/#/c/${encodeURIComponent(channelId)}`);
  await ann.sees('The season starts on the first of May.');
  await ann.page.getByRole('link', { name: 'About this conversation' }).click();
  await ann.page.getByText('walker_010', { exact: true }).waitFor();
  await shoot(ann, 'large-channel');
}

/** In the dark, and on a phone. */
async function elsewhere({ ann }: Stage): Promise<void> {
  await ann.tab('Chats');
  await ann.open('Sunday walk');
  await ann.sees('Plum!');
  await ann.page.emulateMedia({ colorScheme: 'dark' });
  await shoot(ann, 'group-dark');
  await ann.page.emulateMedia({ colorScheme: 'light' });
  await ann.page.setViewportSize(PHONE);
  await shoot(ann, 'phone');
}

async function main(): Promise<void> {
  const executable = findChromium();
  if (executable === undefined) throw new Error('There is no Chromium here: install it, or set CHROMIUM.');
  const server = await TestServer.start();
  const browser = await launchChromium(executable);
  try {
    const account = { userId: 'ann', displayName: 'Ann' };
    const ann = await Person.at(browser, server.origin, account, { viewport: VIEWPORT, locale: 'en-GB' });
    const stage = await set(server.origin, ann);
    for (const part of [push, presence, receipts, conversation, mentions, search, said, large, elsewhere])
      await part(stage);
    for (const one of [stage.annElsewhere, stage.ben, stage.cleo]) await one.close();
  } finally {
    await browser.close();
    await server.close();
  }
}

await main();
