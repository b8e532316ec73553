import { describe, expect, it } from 'vitest';
import { KeyedSlots } from './keyed-slots.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('keyed slots', () => {
  it('run so many of each key at a time, and keep nothing of a key whose work is over', async () => {
    const slots = new KeyedSlots<string>();
    const begun: string[] = [];
    const ends: (() => void)[] = [];
    const run = (key: string, name: string) =>
      slots.run(key, 1, () => {
        begun.push(name);
        return new Promise<void>((resolve, reject) =>
          ends.push(name === 'fails' ? () => reject(new Error()) : resolve),
        );
      });
    const first = run('a', 'fails').catch(() => 'failed');
    const rest = [run('a', 'second'), run('b', 'other')];
    await turn();
    expect([begun, slots.size]).toEqual([['fails', 'other'], 2]);
    for (const end of ends.splice(0)) end();
    expect(await first).toBe('failed');
    await turn();
    expect([begun, slots.size]).toEqual([['fails', 'other', 'second'], 1]);
    for (const end of ends.splice(0)) end();
    await Promise.all(rest);
    expect(slots.size).toBe(0);
  });
});
