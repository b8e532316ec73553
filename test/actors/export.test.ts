/** What an operator takes out of the system for somebody is what they can read themselves. */
import { expect, it } from 'vitest';
import type { AdminDeps } from '../../src/admin/deps.js';
import { exportUser } from '../../src/admin/handlers/user-export.js';
import type { ActorId } from '../../src/core/ids.js';
import type { Question } from '../../src/protocol/bus-messages.js';
import { v1 } from '../../src/protocol/wire.js';
import { memoryWorld, type World } from './fixture.js';

/** A directory that knows no more than the name, and the actors of the world. */
function depsOf(chat: World): AdminDeps {
  const directory = {
    administration: { find: async (userId: string) => ({ userId, state: 'active' }) },
    settings: { profileOf: async () => ({}), settingsOf: async () => ({}), channelSettingsOf: async () => [] },
    devices: { list: async () => [] },
    friends: { list: async () => ({ relations: [] }) },
  };
  const actors = { ask: (actor: ActorId, question: Question) => chat.question(actor, question) };
  return { directory, actors } as unknown as AdminDeps;
}

/** What the export has of what was said: each text, or that there is one that is hidden. */
async function exported(chat: World, userId: string): Promise<string[]> {
  const told: string[] = [];
  for await (const { kind, json } of exportUser(depsOf(chat), { userId })) {
    if (kind !== 'event') continue;
    const { message, hidden } = JSON.parse(json ?? '') as v1.IEvent;
    if (hidden || message?.text) told.push(message?.text ?? 'hidden');
  }
  return told;
}

it('has what the user can read of a direct chat, and nothing that somebody wrote while blocked', async () => {
  const chat = await memoryWorld('bob', 'carol');
  await chat.send('carol', { userId: 'bob' }, 'hello');
  chat.people.accounts.get('bob')?.blocked.add('carol');
  chat.edge.tell('user:bob', { type: 'directory_changed' });
  await chat.send('carol', { userId: 'bob' }, 'answer me');
  await chat.send('bob', { userId: 'carol' }, 'no');
  expect(await exported(chat, 'bob')).toEqual(['hello', 'hidden', 'no']);
  expect(await exported(chat, 'carol')).toEqual(['hello', 'answer me', 'no']);
});

it('has what was said in a group, page by page', async () => {
  const chat = await memoryWorld('bob', 'carol');
  const channelId = await chat.createChannel('bob', v1.ChannelKind.GROUP, ['carol']);
  const said = Array.from({ length: 250 }, (_, at) => `m${at}`);
  for (const text of said) await chat.send('bob', { channelId }, text);
  expect(await exported(chat, 'carol')).toEqual(said);
});
