import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../src/core/errors.js';
import { LIMITS } from '../../src/core/limits.js';
import { memoryWorld, type World } from './fixture.js';
import { RealGateway } from './real-gateway.js';

async function plainWorld(): Promise<World> {
  const chat = await memoryWorld('alice', 'bob');
  await chat.send('alice', { userId: 'bob' }, 'zero');
  await chat.clock.advance(1_000);
  return chat;
}

async function world(): Promise<[World, RealGateway]> {
  const chat = await plainWorld();
  return [chat, new RealGateway(chat)];
}

/** The next row of the user's inbox meets a full disk, and the actor starts again. */
function crashNextAppend({ node, clock }: World, userId: string, afterMs = 5): void {
  const { committer } = node.host;
  const { submit } = committer;
  committer.submit = (commit) => {
    if (!commit.writes.some((write) => write.type === 'row' && write.log === `user:${userId}`))
      return submit.call(committer, commit);
    committer.submit = submit;
    clock.after(afterMs, () => commit.refused(new ParleyError('storage_full')));
  };
}

describe('a session whose opening is asked twice', () => {
  it('begins where its first answer said, also when the pushes between the two are lost', async () => {
    const [chat, gateway] = await world();
    const bob = await gateway.connect('bob');
    gateway.losing = true;
    await chat.send('alice', { userId: 'bob' }, 'one');
    gateway.losing = false;
    await gateway.askAgain('bob');
    await chat.send('alice', { userId: 'bob' }, 'two');
    await gateway.pass(6);
    expect(bob.texts()).toEqual(['one', 'two']);
    expect(gateway.pushes).toBeLessThan(10);
  });

  it('goes on from where its gateway stands when the second is answered by a later owner', async () => {
    const [chat, gateway] = await world();
    const bob = await gateway.connect('bob');
    gateway.losing = true;
    crashNextAppend(chat, 'bob');
    await chat.send('alice', { userId: 'bob' }, 'one');
    await chat.clock.advance(2_000); // the channel has sent it again
    await gateway.askAgain('bob');
    gateway.losing = false;
    await chat.send('alice', { userId: 'bob' }, 'two');
    await gateway.pass(6);
    expect(bob.texts()).toEqual(['one', 'two']);
    expect(gateway.pushes).toBeLessThan(10);
  });

  it('does not go on from positions that the earlier owner alone had given', async () => {
    const [chat, gateway] = await world();
    const bob = await gateway.connect('bob');
    crashNextAppend(chat, 'bob');
    await chat.send('alice', { userId: 'bob' }, 'one'); // on the socket, at a position that the next owner gives anew
    gateway.losing = true;
    await chat.clock.advance(2_000);
    await gateway.askAgain('bob');
    gateway.losing = false;
    await chat.send('alice', { userId: 'bob' }, 'two');
    await gateway.pass(1);
    expect(bob.texts()).toEqual(['one', 'one', 'two']);
  });

  it('is not pushed to at full speed by whoever says again and again that it lacks something', async () => {
    const chat = await plainWorld();
    const { id, session } = await chat.connect('bob');
    session.put = -1; // takes nothing
    let pushes = 0;
    const { receive } = chat;
    chat.receive = (envelope) => {
      receive.call(chat, envelope);
      if (envelope.type !== 'push' || envelope.sessionId !== id) return;
      pushes++;
      chat.edge.tell('user:bob', {
        type: 'session_confirm',
        confirmation: {
          sessionId: id,
          put: { term: 1, sub: 1, inboxSeq: envelope.afterSeq },
          acknowledged: undefined,
          lacking: true,
        },
        caller: { userId: 'bob', deviceId: 'd', sessionId: id },
        gateway: chat.edge.address,
        visible: true,
      });
    };
    await chat.send('alice', { userId: 'bob' }, 'two');
    await chat.clock.advance(500);
    expect(pushes).toBe(2);
  });
});

it('the 21st session of a user is refused for a while, and the 20 stay', async () => {
  const [chat, gateway] = await world();
  const sockets = [];
  for (let i = 0; i < LIMITS.sessionsPerUserMax; i++) sockets.push(await gateway.connect('bob'));
  const one = await gateway.connect('bob');
  expect(one.read().map(({ error }) => [error?.name, error?.retryAfterMs])).toEqual([['overloaded', 10_000]]);
  expect(one.closedWith).toBe(4100);
  await chat.send('alice', { userId: 'bob' }, 'one');
  expect(sockets.map((socket) => socket.texts())).toEqual(sockets.map(() => ['one']));
});

it('the 21st session of a user takes the place of one that is waiting to be resumed, the oldest of its own device first', async () => {
  const [, gateway] = await world();
  const sockets = [await gateway.connect('bob', undefined, 'laptop')];
  while (sockets.length < LIMITS.sessionsPerUserMax) sockets.push(await gateway.connect('bob'));
  const ids = sockets.map(({ link }) => link.session?.id ?? '');
  for (const lost of [0, 2, 1]) {
    sockets[lost]?.link.lost(1006);
    await gateway.pass(1);
  }
  const kept = (): number[] => ids.flatMap((id, at) => (at < 4 && gateway.host.sessions.has(id) ? [at] : []));
  for (const left of [[0, 1, 3], [0, 3], [3]]) {
    expect((await gateway.connect('bob')).readTypes()).toEqual(['welcome']);
    expect(kept()).toEqual(left);
  }
  expect((await gateway.connect('bob')).readTypes()).toEqual(['overloaded']);
});

describe('a session whose user actor has crashed', () => {
  it('gets what comes before its gateway renews the lease', async () => {
    const [chat, gateway] = await world();
    const bob = await gateway.connect('bob');
    crashNextAppend(chat, 'bob', 1_500); // when the gateway has told of 'one'
    await chat.send('alice', { userId: 'bob' }, 'one');
    await gateway.pass(3);
    await chat.send('alice', { userId: 'bob' }, 'two');
    await gateway.pass(1);
    expect(bob.texts()).toEqual(['one', 'one', 'two']); // the first was on the socket before it was durable
  });

  it('gets it also when the actor cannot start again at once', async () => {
    const [chat, gateway] = await world();
    const bob = await gateway.connect('bob');
    const { people } = chat;
    const { factsOf } = people;
    let refusals = 0;
    people.factsOf = (userId) => {
      if (userId !== 'bob' || ++refusals > 3) return factsOf.call(people, userId);
      return Promise.reject(new ParleyError('timeout'));
    };
    crashNextAppend(chat, 'bob', 1_500); // when the gateway has told of 'one'
    await chat.send('alice', { userId: 'bob' }, 'one');
    await gateway.pass(8);
    await chat.send('alice', { userId: 'bob' }, 'two');
    await gateway.pass(1);
    expect(refusals).toBe(4);
    expect(bob.texts().slice(-2)).toEqual(['one', 'two']);
  });
});
