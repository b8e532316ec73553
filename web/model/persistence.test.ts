import { describe, expect, it } from 'vitest';
import { ParleyError } from '../../client/index.js';
import { untilRefused } from './persistence.js';

/** Fails with these, one after the other, then answers; notes the pauses and what was told. */
async function tried(...errors: unknown[]) {
  const pauses: number[] = [];
  const told: unknown[] = [];
  const attempt = async () => {
    const error = errors.shift();
    if (error !== undefined) throw error;
    return 'in';
  };
  const pause = async (ms: number) => void pauses.push(ms);
  const outcome = await untilRefused(attempt, (error) => told.push(error), pause).catch((error: unknown) => error);
  return { outcome, pauses, told };
}

describe('trying again', () => {
  it('goes on while the server drains or cannot be reached, with longer and longer pauses', async () => {
    const errors = [
      new ParleyError('draining'),
      new TypeError('no network'),
      ...Array(5).fill(new ParleyError('timeout')),
    ];
    expect(await tried(...errors)).toEqual({
      outcome: 'in',
      pauses: [500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000],
      told: errors,
    });
  });

  it('ends with a refusal', async () => {
    const refusal = new ParleyError('unauthenticated');
    expect(await tried(new ParleyError('draining'), refusal)).toMatchObject({ outcome: refusal, pauses: [500] });
  });
});
