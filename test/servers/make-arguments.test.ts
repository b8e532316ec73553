/** What follows `ARGS=` of `make cluster` and `make servers`: help, and a sentence for what they do not take. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const OPERATIONS = readFileSync(new URL('../../docs/OPERATIONS.md', import.meta.url), 'utf8');

function make(target: string, ...args: string[]) {
  const program = fileURLToPath(new URL(`../../scripts/${target}/up.mjs`, import.meta.url));
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: 'utf8' });
  return { status, stdout, stderr };
}

describe.each(['cluster', 'servers'])('make %s', (target) => {
  it('lists its options, of which the documents know each', () => {
    const { status, stdout, stderr } = make(target, '--help');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const flags = [...stdout.matchAll(/^ {2}(--[a-z-]+)/gm)].map(([, flag]) => flag ?? '');
    expect(flags.length).toBeGreaterThan(2);
    const named = new Set(OPERATIONS.match(/--[a-z-]+/g));
    for (const flag of flags) expect(named).toContain(flag);
  });

  it.each([
    [['--nodez=4'], "Unknown option '--nodez'."],
    [['three'], "Unexpected argument 'three'."],
  ])('refuses %j in one sentence', (args, sentence) => {
    expect(make(target, ...args)).toEqual({
      status: 2,
      stdout: '',
      stderr: `make ${target}: ${sentence} ARGS=--help lists what there is.\n`,
    });
  });
});

it.each([
  [['--nodes=x'], '--nodes is a whole number from 1 to 20, not "x".'],
  [['--port=70000'], '--port is a whole number from 1 to 65535, not "70000".'],
  [['--admins='], '--admins is a whole number from 0 to 20, not "".'],
])('make cluster refuses %j', (args, sentence) => {
  const { status, stderr } = make('cluster', ...args);
  expect({ status, stderr }).toEqual({
    status: 2,
    stderr: `make cluster: ${sentence} ARGS=--help lists what there is.\n`,
  });
});
