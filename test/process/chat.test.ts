/** The SDK against the real process: what two people and their devices live through. */
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import WebSocket from 'ws';
import { type ChannelEvent, memoryStorage, ParleyClient, webSocketFactory } from '../../client/index.js';
import { until } from '../until.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

let folder: ReturnType<typeof temporaryFolder>;
let parley: ParleyProcess;
const clients: ParleyClient[] = [];

beforeEach(async () => {
  folder = temporaryFolder();
  parley = await ParleyProcess.start('--port', '0', '--data', join(folder.path, 'data'));
});
afterEach(async () => {
  for (const client of clients.splice(0)) await client.close();
  await parley.signal('SIGKILL');
  folder.remove();
});

interface Person {
  readonly client: ParleyClient;
  readonly texts: string[];
  readonly events: ChannelEvent[];
}

const webSocket = webSocketFactory(WebSocket as never);
const PASSWORD = 'correct horse battery';

async function person(userId: string, how: 'signUp' | 'logIn' = 'signUp', storage = memoryStorage()): Promise<Person> {
  const client = new ParleyClient({ baseUrl: parley.origin, webSocket, storage });
  clients.push(client);
  const made: Person = { client, texts: [], events: [] };
  client.on('event', (event) => made.events.push(event));
  client.on('message', (message) => made.texts.push(message.text));
  await client[how]({ userId, password: PASSWORD });
  await client.connect();
  return made;
}

it('lets two people chat, one to one and in order', async () => {
  const [alice, bob] = [await person('alice'), await person('bob')];
  const sent = Array.from({ length: 50 }, (_, i) => alice.client.send({ to: 'bob', text: `${i}` }));
  await Promise.all(sent.map((message) => message.sent()));
  await until('the last is delivered', () => sent.at(-1)?.state === 'delivered');
  await bob.client.markRead(alice.client.directChannelId('bob'), sent.at(-1)?.seq ?? 0);
  await until('the last is read', () => sent.at(-1)?.state === 'read');
  bob.client.send({ to: 'alice', text: 'thanks' });
  await until('both have everything', () => bob.texts.length === 51 && alice.texts.length === 51);
  expect(bob.texts).toEqual([...Array.from({ length: 50 }, (_, i) => `${i}`), 'thanks']);
  expect(alice.texts).toEqual(bob.texts);
});

it('brings a device what came while it was away, also through a kill of the process', async () => {
  const storage = memoryStorage();
  const alice = await person('alice');
  const bob = await person('bob', 'signUp', storage);
  await alice.client.send({ to: 'bob', text: 'one' }).sent();
  await until('bob has it', () => bob.texts.length === 1);
  await bob.client.close();
  await alice.client.send({ to: 'bob', text: 'two' }).sent();
  const { port } = parley;
  await parley.signal('SIGKILL');
  const three = alice.client.send({ to: 'bob', text: 'three' });
  parley = await ParleyProcess.start('--port', `${port}`, '--data', join(folder.path, 'data'));
  await three.sent();
  const back = await person('bob', 'logIn', storage);
  await until('bob has what he missed', () => back.texts.length === 2);
  expect(back.texts).toEqual(['two', 'three']);
  const page = await back.client.history('alice~bob');
  expect(page.events.flatMap((event) => (event.type === 'message' ? [event.text] : []))).toEqual([
    'one',
    'two',
    'three',
  ]);
});

it('carries a group and a broadcast channel', async () => {
  const [alice, bob, carol] = [await person('alice'), await person('bob'), await person('carol')];
  const group = await alice.client.createChannel({ kind: 'group', name: 'Trip', members: ['bob'] });
  await alice.client.invite(group.channelId, ['carol']);
  await bob.client.send({ channelId: group.channelId, text: 'hello all' }).sent();
  const news = await alice.client.createChannel({ kind: 'broadcast', name: 'News', members: ['bob', 'carol'] });
  await alice.client.send({ channelId: news.channelId, text: 'first' }).sent();
  await alice.client.send({ channelId: news.channelId, text: 'second' }).sent();
  for (const { texts } of [alice, bob, carol]) {
    await until('all three came', () => texts.length === 3);
    expect(texts).toEqual(['hello all', 'first', 'second']);
  }
});

it('lets clients move away at a stop and come back', async () => {
  const [alice, bob] = [await person('alice'), await person('bob')];
  const { port } = parley;
  expect((await parley.signal('SIGTERM')).code).toBe(0);
  const waiting = alice.client.send({ to: 'bob', text: 'while you were out' });
  parley = await ParleyProcess.start('--port', `${port}`, '--data', join(folder.path, 'data'));
  await waiting.sent();
  await until('bob has it', () => bob.texts.length === 1);
  expect(bob.texts).toEqual(['while you were out']);
});
