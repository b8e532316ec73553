import { expect, it } from 'vitest';
import { LIMITS } from '../../core/limits.js';
import { FakeClock } from '../../core/testing/fake-clock.js';
import { Long } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';
import { setNotice } from './notice.js';

it('a notice that would stand for more than seven days is refused, whoever asks', async () => {
  const put: unknown[] = [];
  const notices = { setNotice: async (notice: unknown) => void put.push(notice) };
  const deps = { notices, clock: new FakeClock() } as unknown as AdminDeps;
  const standing = (ms: number) => setNotice(deps, { text: 'hello', standsMs: Long.fromNumber(ms, true) });
  await standing(LIMITS.noticeMsMax);
  await expect(standing(LIMITS.noticeMsMax + 1)).rejects.toMatchObject({ kind: 'invalid_argument' });
  expect(put).toHaveLength(1);
});
