import { expect, it } from 'vitest';
import { Generator } from './generator.js';

it('refuses an order at once when the generator is gone', async () => {
  const generator = new Generator(() => {});
  const waiting = expect(generator.order({ type: 'progress' })).rejects.toThrow('it is gone');
  generator.lost('it is gone');
  await waiting;
  await expect(generator.order({ type: 'progress' })).rejects.toThrow('it is gone');
});
