import { describe, expect, it } from 'vitest';
import type { ParleyClient, Person } from '../../client/index.js';
import { DELETED_ACCOUNT, People } from './people.js';

describe('the names of people', () => {
  it('are their ids until they are known, and say that the account was deleted where the server knows none', async () => {
    let answer = (_: readonly Person[]): void => {};
    const names = () => new Promise<readonly Person[]>((resolve) => (answer = resolve));
    let changes = 0;
    const people = new People({ people: { names } } as unknown as ParleyClient, () => (changes += 1));
    const both = () => ['ben', 'gone'].map(people.nameOf);
    expect(both()).toEqual(['ben', 'gone']);
    await Promise.resolve();
    answer([{ userId: 'ben', displayName: 'Ben' }]);
    await expect.poll(() => changes).toBe(1);
    expect(both()).toEqual(['Ben', DELETED_ACCOUNT]);
  });
});
