import { describe, expect, it } from 'vitest';
import { defer } from './defer.js';

const immediate = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('deferred calls', () => {
  it('come after what runs now, in order, and what they lead to after the promises that they settle', async () => {
    const log: string[] = [];
    defer(() => {
      log.push('first');
      defer(() => log.push('third'));
      void Promise.resolve()
        .then(() => undefined)
        .then(() => log.push('promise'));
    });
    defer(() => log.push('second'));
    log.push('now');
    while (log.length < 5) await immediate();
    expect(log).toEqual(['now', 'first', 'second', 'promise', 'third']);
  });

  it('let I/O have its turn though each leads to another', async () => {
    let calls = 0;
    let stopped = false;
    const again = (): void => {
      calls += 1;
      if (!stopped) defer(again);
    };
    defer(again);
    await immediate();
    await immediate();
    stopped = true;
    expect(calls).toBeGreaterThan(2);
  });
});
