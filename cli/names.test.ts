import { describe, expect, it } from 'vitest';
import { isForOperators, PLAIN_FLAGS, SERVER_COMMANDS, VALUED_FLAGS } from './names.js';
import { createProgram } from './program.js';

describe('what parley is asked for', () => {
  it('is for operators by its first word, also after flags and their values', () => {
    for (const line of ['status', 'stat', 'help status', '--json status', '--data X status', '--data=X users list'])
      expect([line, isForOperators(line.split(' '))]).toEqual([line, true]);
    for (const line of ['--token status', '--json', '--json --help', '--address', '--ca ca.pem --loudly'])
      expect([line, isForOperators(line.split(' '))]).toEqual([line, true]);
  });

  it('is for a server by its first word, and without one', () => {
    expect(isForOperators([])).toBe(false);
    for (const line of [
      'node',
      'migrate --data X',
      '--help',
      '-h',
      '--data status',
      '--data=status',
      '--port 1 status',
    ])
      expect([line, isForOperators(line.split(' '))]).toEqual([line, false]);
  });

  it('knows the flags of the program, and no server’s command that is an operator’s as well', () => {
    const { options, commands } = createProgram(() => undefined);
    const flags = (valued: boolean): unknown[] => options.filter(({ required }) => required === valued);
    expect(flags(true)).toMatchObject(VALUED_FLAGS.map((long) => ({ long })));
    expect(flags(false)).toMatchObject(PLAIN_FLAGS.map((long) => ({ long })));
    expect(commands.map((command) => command.name()).filter((name) => SERVER_COMMANDS.includes(name))).toEqual([]);
  });
});
