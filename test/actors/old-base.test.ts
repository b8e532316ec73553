import { expect, it } from 'vitest';
import { worldOn } from './fixture.js';
import { ScriptedStore } from './scripted-store.js';

it('sends with an old base do not have the log read for each', async () => {
  const store = new ScriptedStore();
  const chat = await worldOn((incarnation) => store.open(incarnation), 'alice', 'bob');
  for (let i = 0; i < 700; i++) await chat.send('alice', { userId: 'bob' }, `${i}`, { clientMessageId: `old ${i}` });
  await chat.clock.advance(1_000);
  await chat.crash(); // the memory goes
  const send = async (clientMessageId: string, text: string) => {
    const before = store.count('readRows');
    const answer = await chat
      .send('alice', { userId: 'bob' }, text, { clientMessageId, base: 1 })
      .then((sent) => (sent.type === 'sendAck' ? sent.value.seq : sent.type), String);
    return [answer, store.count('readRows') - before];
  };
  await send('new 1', 'first');
  for (let i = 2; i < 20; i++) expect(await send(`new ${i}`, 'again')).toEqual([701 + i, 0]);
  // Known ones are told as ever.
  expect(await send('old 3', '3')).toEqual([5, 1]);
  expect(await send('old 3', 'other')).toEqual([expect.stringContaining('The same id was used before'), 1]);
});
