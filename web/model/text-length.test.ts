import { describe, expect, it } from 'vitest';
import { holdTo, lengthComplaint } from './text-length.js';

describe('the length of a name', () => {
  it('is counted in code points without the blanks around it, as the server counts', () => {
    expect([lengthComplaint('', 3), lengthComplaint('😀😀😀', 3), lengthComplaint(' abc ', 3)]).toEqual(['', '', '']);
    expect(lengthComplaint('👨‍👩‍👧', 3)).toBe('At most 3 characters, please: this has 5.');
  });

  it('holds its form up while it is too much', () => {
    const said: string[] = [];
    const setCustomValidity = (complaint: string): void => void said.push(complaint);
    for (const value of ['😀😀', '😀😀😀', '😀']) holdTo(2, { value, setCustomValidity });
    expect(said).toEqual(['', 'At most 2 characters, please: this has 3.', '']);
  });
});
