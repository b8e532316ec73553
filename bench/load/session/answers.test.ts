import { expect, it } from 'vitest';
import { FakeClock } from '../../../src/core/testing/fake-clock.js';
import type { v1 } from '../../../src/protocol/wire.js';
import { Answers } from './answers.js';

it('waits ten seconds for an answer, and not for ever', async () => {
  const clock = new FakeClock();
  const answers = new Answers(clock);
  const late = expect(answers.wait(1)).rejects.toThrow('timeout');
  const answered = answers.wait(2);
  answers.heard(2, { requestId: 2 } as v1.ServerFrame);
  await clock.advance(10_000);
  await late;
  expect(await answered).toEqual({ requestId: 2 });
});

it('rejects all that waits when the connection closes', async () => {
  const answers = new Answers(new FakeClock());
  const both = Promise.allSettled([answers.wait(1), answers.wait(2)]);
  answers.forget();
  expect((await both).map(({ status }) => status)).toEqual(['rejected', 'rejected']);
});
