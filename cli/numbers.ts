/** Numbers and times on the command line, checked as commander reads them: what is none is wrong usage, and nothing is asked for. */
import { InvalidArgumentError } from 'commander';
import { LIMITS } from '../src/core/limits.js';
import { duration } from './text.js';

type Parse = (text: string) => number;

const within = (form: RegExp, what: string, min: number, max: number): Parse => {
  const refusal = `It is ${what} of ${min} to ${max}.`;
  return (text) => {
    const value = Number(text);
    if (form.test(text) && value >= min && value <= max) return value;
    throw new InvalidArgumentError(refusal);
  };
};

export const wholeNumber = (min: number, max: number): Parse => within(/^\d+$/, 'a whole number', min, max);

export const decimal = (min: number, max: number): Parse => within(/^\d+(\.\d+)?$/, 'a number', min, max);

const UNITS: Readonly<Record<string, number>> = { s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** Milliseconds of 90, which is seconds, 90s, 30m, 2h, 1d. */
export const timeSpan =
  (maxMs: number): Parse =>
  (text) => {
    const [, count = '', unit = 's'] = /^(\d{1,9})([smhd])?$/.exec(text) ?? [];
    const span = Number(count) * (UNITS[unit] ?? 0);
    if (span > 0 && span <= maxMs) return span;
    throw new InvalidArgumentError(`It is a time such as 90s, 30m, 2h or 1d, of at most ${duration(maxMs)}.`);
  };

/** Of `--limit`: how many rows a page has. */
export const pageSize = wholeNumber(1, LIMITS.operationsPageMax);
