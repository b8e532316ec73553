import { describe, expect, it } from 'vitest';
import { memoryWorld } from './fixture.js';

describe('a drain', () => {
  it('leaves fan-out that is not confirmed yet to the next start, which delivers it', async () => {
    const chat = await memoryWorld('alice', 'bob');
    let done = false;
    const { tell } = chat.node.host;
    chat.node.host.tell = (actor, notice, onlyIfActive) => {
      tell.call(chat.node.host, actor, notice, onlyIfActive);
      if (notice.type !== 'deliver' || actor !== 'user:bob') return;
      void chat.node.drain(8_000).then(() => {
        done = true;
      });
    };
    await chat.send('alice', { userId: 'bob' }, 'hi');
    await chat.clock.advance(500);
    expect(done).toBe(true);
    await chat.crash();
    const bob = await chat.connect('bob', { term: 0, sub: 0, inboxSeq: 0 });
    expect(bob.session.texts).toEqual(['hi']);
  });
});
