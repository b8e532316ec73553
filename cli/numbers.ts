/** Numbers on the command line, checked as commander reads them: what is none is wrong usage, and nothing is asked for. */
import { InvalidArgumentError } from 'commander';
import { LIMITS } from '../src/core/limits.js';

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

/** Of `--limit`: how many rows a page has. */
export const pageSize = wholeNumber(1, LIMITS.operationsPageMax);
