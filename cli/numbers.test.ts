import { InvalidArgumentError } from 'commander';
import { describe, expect, it } from 'vitest';
import { decimal, timeSpan, wholeNumber } from './numbers.js';

describe('a number that is given', () => {
  it('is taken as a whole number within its bounds', () => {
    const parse = wholeNumber(1, 500);
    expect(['1', '007', '500'].map((text) => parse(text))).toEqual([1, 7, 500]);
  });

  it('is refused when it is none, is empty, in another form, out of bounds or too large to be exact', () => {
    const parse = wholeNumber(1, Number.MAX_SAFE_INTEGER);
    for (const text of ['', ' ', 'abc', '-1', '+1', '1.5', '1e3', '0x10', '0', 'NaN', 'Infinity', '9'.repeat(17)])
      expect(() => parse(text)).toThrow(InvalidArgumentError);
    expect(() => wholeNumber(1, 500)('501')).toThrow('It is a whole number of 1 to 500.');
  });

  it('may have a fraction where that has a sense', () => {
    const parse = decimal(0.2, 60);
    expect(['0.2', '2', '59.95'].map((text) => parse(text))).toEqual([0.2, 2, 59.95]);
    for (const text of ['', 'abc', '.5', '1e1', '-1', '0.1', '60.1', 'Infinity'])
      expect(() => parse(text)).toThrow('It is a number of 0.2 to 60.');
  });
});

describe('a time that is given', () => {
  it('is a number with its unit; without one it is of seconds', () => {
    const parse = timeSpan(86_400_000);
    const spans = ['5', '90s', '30m', '2h', '1d'].map((text) => parse(text));
    expect(spans).toEqual([5_000, 90_000, 1_800_000, 7_200_000, 86_400_000]);
    for (const text of ['', 's', '0', '-1s', '1.5h', '1w', '2d', '1e3'])
      expect(() => parse(text)).toThrow('It is a time such as 90s, 30m, 2h or 1d, of at most 24 h.');
  });
});
