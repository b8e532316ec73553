import { expect, it } from 'vitest';
import { FakeClock } from '../../src/core/testing/fake-clock.js';
import { HttpError } from '../load/generator/requests.js';
import { signUpAll } from './sign-ups.js';

const TOO_MANY = JSON.stringify({ error: { name: 'rate_limited', retryAfterMs: 2_000 } });

/** A target that takes fifty at once, and one in two seconds. */
function target() {
  const clock = new FakeClock();
  const said: string[] = [];
  let taken = 0;
  const signUp = async (user: number): Promise<string> => {
    if (taken >= 50 + clock.monotonic() / 2_000) throw new HttpError(429, TOO_MANY);
    taken++;
    return `token ${user}`;
  };
  const signingUp = (users: number) => signUpAll(users, signUp, (sentence) => said.push(sentence), clock);
  return { clock, said, signingUp };
}

it('waits as long as the target says, and tells how far it is', async () => {
  const { clock, said, signingUp } = target();
  const all = signingUp(80);
  await clock.advance(120_000);
  expect(await all).toEqual(Array.from({ length: 80 }, (_, user) => `token ${user}`));
  expect(said[0]).toMatch(/^\d\d of 80 users have signed up$/);
});

it('ends with a sentence when it would take too long', async () => {
  const { clock, signingUp } = target();
  const failed = expect(signingUp(2_000)).rejects.toThrow(/^only \d+ of 2000 users signed up in 8 minutes/);
  await clock.advance(500_000);
  await failed;
});

it('does not repeat what the target refuses for good', async () => {
  const refused = signUpAll(
    1,
    () => Promise.reject(new HttpError(409, '{}')),
    () => undefined,
    new FakeClock(),
  );
  await expect(refused).rejects.toThrow('409');
});
