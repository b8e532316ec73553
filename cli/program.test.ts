import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { EXIT } from './exit-codes.js';
import { run } from './program.js';

let said: string;

beforeEach(() => {
  said = '';
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('a number that is none, or out of its bounds', () => {
  it.each([
    'top --interval abc',
    'top --interval 1e12',
    'top --interval 0',
    'top --count 0',
    'shards --first abc',
    'shards --first -1',
    'shards --first 4096',
    'shards --limit 1.5',
    'actors --limit abc',
    'actors --limit 0',
    'sessions --limit 501',
    'users list --limit -1',
    'channels --limit abc',
    'audit --limit abc',
    'audit --before abc',
    'audit --before -1',
    'audit --before=',
    'audit --before 99999999999999999999',
    'drain node-1 --deadline abc',
    'drain node-1 --deadline -1',
    'verify --rate 0',
    'verify --rate 5000000',
    'weight node-1 much',
    'move 4096',
  ])('is wrong usage: parley %s', async (line) => {
    expect(await run(line.split(' '))).toBe(EXIT.usage);
    expect(said).toMatch(/ is invalid( for argument '\w+')?\. It is a (whole )?number of [\d.]+ to \d+\.\n/);
  });
});

describe('a time that is none, or too long', () => {
  it.each(['events --for 2592000', 'events --for 25d', 'events --for 0s', 'events --for 1e12', 'events --for long'])(
    'is wrong usage: parley %s',
    async (line) => {
      expect(await run(line.split(' '))).toBe(EXIT.usage);
      expect(said).toContain(' is invalid. It is a time such as 90s, 30m, 2h or 1d, of at most 24 d.\n');
    },
  );

  it('is so for a notice, too', async () => {
    for (const time of ['8d', 'ever', '0h', '2 h', ''])
      expect(await run(['notice', 'set', 'x', '--for', time])).toBe(EXIT.usage);
  });
});
