import { afterEach, expect, it, vi } from 'vitest';
import { holdSession } from './single-tab.js';

afterEach(() => vi.unstubAllGlobals());

it('gives the session to the newest tab, once, where the browser has no locks', async () => {
  const listeners = new Set<(event: { key: string; newValue: string }) => void>();
  const written: string[] = [];
  vi.stubGlobal('navigator', {});
  vi.stubGlobal('localStorage', { setItem: (key: string) => written.push(key) });
  vi.stubGlobal('addEventListener', (_: string, listener: () => void) => listeners.add(listener));
  vi.stubGlobal('removeEventListener', (_: string, listener: () => void) => listeners.delete(listener));
  const tellOthers = (key: string) => [...listeners].map((listener) => listener({ key, newValue: 'another tab' }));
  let taken = 0;
  await holdSession('ann', false, () => (taken += 1));
  expect(written).toEqual(['parley.tab.ann']);
  tellOthers('parley.tab.ben');
  expect(taken).toBe(0);
  tellOthers('parley.tab.ann');
  tellOthers('parley.tab.ann');
  expect(taken).toBe(1);
  const letGo = await holdSession('ann', false, () => (taken += 1));
  letGo?.();
  tellOthers('parley.tab.ann');
  expect(taken).toBe(1);
});
