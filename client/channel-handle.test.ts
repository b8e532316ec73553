import { expect, it } from 'vitest';
import { settle } from './testing/fake-clock.js';
import { messageEvent } from './testing/scripted-gateway.js';
import { online, setup } from './testing/setup.js';

const GROUP = 'gaaaaaaaaaaaaaaaa';

it('says and asks of its channel what the client would by the channel’s id', async () => {
  const given = setup();
  const socket = await online(given);
  socket.deliver(1, messageEvent(GROUP, 10, 'bob', 'ten'));
  const channel = given.client.channel(GROUP);
  channel.send('eleven', { replyTo: 10 });
  channel.edit(7, 'seven');
  channel.erase(8);
  channel.react(9, '👍');
  const unanswered = [
    channel.history({ after: 3 }),
    channel.info(),
    channel.members({ limit: 5 }),
    channel.markRead(10),
  ];
  for (const asked of unanswered) asked.catch(() => undefined);
  await settle();

  expect(channel.channelId).toBe(GROUP);
  expect(channel.pending().map(({ said }) => said)).toMatchObject([
    { type: 'message', text: 'eleven', replyTo: 10 },
    { type: 'edit', target: 7, text: 'seven' },
    { type: 'erase', target: 8 },
    { type: 'react', target: 9, emoji: '👍', removed: false },
  ]);
  expect(channel.pending()).toEqual(given.client.pending(GROUP));
  const asked = ['send', 'readHistory', 'getChannel', 'listMembers', 'markRead'] as const;
  expect(asked.map((type) => socket.got(type).at(-1))).toMatchObject([
    { channelId: GROUP },
    { channelId: GROUP, afterSeq: 3 },
    { channelId: GROUP },
    { channelId: GROUP, limit: 5 },
    { channelId: GROUP, seq: 10 },
  ]);
});
