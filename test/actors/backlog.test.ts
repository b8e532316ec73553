import { describe, expect, it } from 'vitest';
import type { Notice } from '../../src/protocol/bus-messages.js';
import { holdWrites, isRowOf, memoryWorld, type World } from './fixture.js';

const world = () => memoryWorld('alice', 'bob', 'carol');

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
    holdWrites(chat, isRowOf('user:bob')); // for ever: that of carol's message
    await chat.send('carol', { userId: 'bob' }, 'two');
    confirmed.length = 0;
    await chat.clock.advance(5_000);
    expect(Math.max(0, ...confirmed)).toBe(2);
  });
});
