import { describe, expect, it } from 'vitest';
import type { Notice } from '../../src/protocol/bus-messages.js';
import { World } from './fixture.js';
import { memoryPlace, openMemory } from './store.js';

async function world(): Promise<World> {
  const place = memoryPlace();
  const made = new World((incarnation) => openMemory(place, incarnation));
  made.people.add('alice', 'bob', 'carol');
  return made.start();
}

/** Lets `loses` decide which notices the bus loses. */
function losing(chat: World, loses: (actor: string, notice: Notice) => boolean): void {
  const { tell } = chat.node.host;
  chat.node.host.tell = (actor, notice, onlyIfActive) => {
    if (!loses(actor, notice)) tell.call(chat.node.host, actor, notice, onlyIfActive);
  };
}

describe('a recipient that lacks much', () => {
  it('gets page after page as it confirms them, not one a resend', async () => {
    const chat = await world();
    let lost = true;
    losing(chat, (actor, notice) => lost && notice.type === 'deliver' && actor === 'user:bob');
    const bob = await chat.connect('bob');
    for (let count = 0; count < 450; count++) await chat.send('alice', { userId: 'bob' }, `m${count}`);
    lost = false;
    for (let passed = 0; bob.session.texts.length === 0 && passed < 60_000; passed += 100)
      await chat.clock.advance(100);
    await chat.clock.advance(1_500);
    expect(bob.session.texts).toHaveLength(450);
  });

  it('confirms what it has of a channel also while rows of another are under way', async () => {
    const chat = await world();
    const confirmed: number[] = [];
    let lost = true;
    losing(chat, (actor, notice) => {
      if (notice.type !== 'confirm' || actor !== 'channel:alice~bob' || notice.userId !== 'bob') return false;
      confirmed.push(notice.seq);
      return lost;
    });
    await chat.send('alice', { userId: 'bob' }, 'one');
    await chat.clock.advance(200);
    lost = false;
    const { committer } = chat.node.host;
    const submit = committer.submit.bind(committer);
    committer.submit = (commit) => {
      // Held up for ever: bob's inbox row of carol's message.
      if (!commit.writes.some((write) => write.type === 'row' && write.log === 'user:bob')) submit(commit);
    };
    await chat.send('carol', { userId: 'bob' }, 'two');
    confirmed.length = 0;
    await chat.clock.advance(5_000);
    expect(Math.max(0, ...confirmed)).toBe(2);
  });
});
