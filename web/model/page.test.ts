import { beforeEach, expect, it, vi } from 'vitest';
import { type ParleyClient, ParleyError } from '../../client/index.js';
import { Page } from './page.js';
import { stubBrowser } from './testing/browser.js';

let stored: Map<string, string>;
let listeners: ReadonlyMap<string, () => void>;

beforeEach(() => {
  stored = new Map([
    ['parley.loggedIn', 'alice'],
    ['parley.draft.alice.alice~bob', '{"text":"Hm"}'],
  ]);
  listeners = stubBrowser(stored);
  vi.useFakeTimers();
  return () => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  };
});

it('the start tries again at once when somebody asks for it or the network is back', async () => {
  const refresh = vi.fn().mockRejectedValue(new ParleyError('draining'));
  const page = new Page({ makeClient: () => ({ refresh }) as unknown as ParleyClient });
  void page.start();
  await vi.advanceTimersByTimeAsync(0);
  expect(page.stage).toMatchObject({ type: 'starting', trouble: expect.any(String) });
  page.wake();
  await vi.advanceTimersByTimeAsync(0);
  expect(refresh).toHaveBeenCalledTimes(2);
  listeners.get('online')?.();
  await vi.advanceTimersByTimeAsync(0);
  expect(refresh).toHaveBeenCalledTimes(3);
});

it.each([
  ['refresh_reused', []],
  ['session_revoked', []],
  ['unauthenticated', ['parley.draft.alice.alice~bob']],
] as const)('a start that is refused as %s leaves %j of what was begun', async (kind, left) => {
  const refresh = () => Promise.reject(new ParleyError(kind));
  const page = new Page({ makeClient: () => ({ refresh }) as unknown as ParleyClient });
  await page.start();
  expect(page.stage).toEqual({ type: 'gate', note: undefined });
  expect([...stored.keys()]).toEqual(left);
});
