/** Accounts by HTTP, as fast as a target lets one address make them. */
import { type Clock, sleep, systemClock } from '../../src/core/clock.js';
import { HttpError } from '../load/generator/requests.js';

const AT_ONCE = 8;
/** The tokens of the first ones last ten minutes, and the run is still to come. */
const WITHIN_MS = 480_000;
const TELL_EVERY_MS = 10_000;
const WAIT_MIN_MS = 250;
const REPEATED = new Set([429, 503]);

/** `signUp` answers with a token. Resolves to the tokens of all users; rejects with a sentence when it takes too long. */
export async function signUpAll(
  users: number,
  signUp: (user: number) => Promise<string>,
  say: (sentence: string) => void,
  clock: Clock = systemClock,
): Promise<string[]> {
  const tokens: string[] = [];
  const giveUpAt = clock.monotonic() + WITHIN_MS;
  let next = 0;
  let done = 0;
  let tellAt = clock.monotonic() + TELL_EVERY_MS;
  const one = async (user: number): Promise<string> => {
    for (;;) {
      try {
        return await signUp(user);
      } catch (thrown) {
        if (!(thrown instanceof HttpError) || !REPEATED.has(thrown.status)) throw thrown;
        const delayMs = Math.max(WAIT_MIN_MS, thrown.retryAfterMs);
        if (clock.monotonic() + delayMs > giveUpAt)
          throw new Error(
            `only ${done} of ${users} users signed up in ${WITHIN_MS / 60_000} minutes, as the target takes so many from one address: ` +
              'take fewer --users, or name --postgres and --token-keys',
          );
        await sleep(clock, delayMs);
      }
    }
  };
  const worker = async (): Promise<void> => {
    for (let user = next++; user < users; user = next++) {
      tokens[user] = await one(user);
      done++;
      if (clock.monotonic() < tellAt) continue;
      say(`${done} of ${users} users have signed up`);
      tellAt = clock.monotonic() + TELL_EVERY_MS;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return tokens;
}
