/** As much of a browser as the page's state needs, for tests. */
import { vi } from 'vitest';

/** Until the test takes its globals back; `stored` is what the browser keeps. Answers with what the page listens to. */
export function stubBrowser(stored: Map<string, string>): ReadonlyMap<string, () => void> {
  const listeners = new Map<string, () => void>();
  vi.stubGlobal('localStorage', {
    getItem: (key: string) => stored.get(key) ?? null,
    setItem: (key: string, value: string) => void stored.set(key, value),
    removeItem: (key: string) => void stored.delete(key),
    key: (at: number) => [...stored.keys()][at] ?? null,
    get length() {
      return stored.size;
    },
  });
  vi.stubGlobal('addEventListener', (name: string, listener: () => void) => void listeners.set(name, listener));
  vi.stubGlobal('setInterval', () => 0);
  vi.stubGlobal('location', { hash: '#/settings' });
  vi.stubGlobal('document', { addEventListener: () => undefined, visibilityState: 'visible' });
  vi.stubGlobal('navigator', {
    locks: { request: (_: string, __: object, work: () => unknown) => Promise.resolve(work()) },
  });
  return listeners;
}
