import { describe, expect, it } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import type { StandingNotice } from '../../core/notice.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { Long } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import { setNotice } from './notice.js';

let standing: StandingNotice | undefined;
const deps = {
  clock: new FakeClock(),
  notices: {
    notice: () => standing,
    setNotice: async (notice: StandingNotice | undefined) => {
      standing = notice;
    },
  },
} as unknown as AdminDeps;

describe('a notice', () => {
  it('may have several lines, and no other control character', async () => {
    await setNotice(deps, { text: 'At noon we restart.\nBack at one.' });
    expect(standing?.text).toBe('At noon we restart.\nBack at one.');
    for (const text of ['\u001b[2Jgone', 'one\rtwo', 'bell\u0007', 'c1\u009b2J'])
      await expect(setNotice(deps, { text })).rejects.toMatchObject({ kind: 'invalid_argument' });
    expect(standing?.text).toBe('At noon we restart.\nBack at one.');
  });

  it('stands for seven days at most, whoever asks', async () => {
    const put = (ms: number) => setNotice(deps, { text: 'hello', standsMs: Long.fromNumber(ms, true) });
    await expect(put(LIMITS.noticeMsMax + 1)).rejects.toMatchObject({ kind: 'invalid_argument' });
    expect(await put(LIMITS.noticeMsMax)).toMatchObject({ text: 'hello' });
  });
});
