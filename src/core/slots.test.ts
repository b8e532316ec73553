import { describe, expect, it } from 'vitest';
import { Slots } from './slots.js';

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function heldWork() {
  const begun: string[] = [];
  const ends = new Map<string, (failure?: Error) => void>();
  const work = (name: string) => (): Promise<string> => {
    begun.push(name);
    return new Promise((resolve, reject) => {
      ends.set(name, (failure) => (failure === undefined ? resolve(name) : reject(failure)));
    });
  };
  return { begun, work, end: (name: string, failure?: Error) => ends.get(name)?.(failure) };
}

describe('slots', () => {
  it('run so many at a time, the others in their order, also after a failure', async () => {
    const { begun, work, end } = heldWork();
    const slots = new Slots(2);
    const [one, two, three, four] = ['one', 'two', 'three', 'four'].map((name) => slots.run(work(name)));
    await turn();
    expect(begun).toEqual(['one', 'two']);
    end('two', new Error('lost'));
    await expect(two).rejects.toThrow('lost');
    await turn();
    expect(begun).toEqual(['one', 'two', 'three']);
    end('one');
    end('three');
    expect(await Promise.all([one, three])).toEqual(['one', 'three']);
    await turn();
    end('four');
    expect(await four).toBe('four');
    expect(begun).toHaveLength(4);
  });
});
