import { execFileSync } from 'node:child_process';
import { expect, it } from 'vitest';
import { SERVER_COMMANDS } from '../names.js';
import { createProgram } from '../program.js';
import { completionScript } from './completion.js';

const program = createProgram(() => undefined);
const script = completionScript(program);

/** What bash offers for the last word of a line, as it splits it, `=` alone: it calls what is registered for the first one. */
function offeredFor(...line: readonly string[]): string[] {
  const ask = `COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); registered=$(complete -p "$1"); registered=\${registered#*-F }
    "\${registered%% *}" "$1"; printf '%s\\n' "\${COMPREPLY[@]}"`;
  const said = execFileSync('bash', ['-c', `${script}${ask}`, 'bash', ...line], { encoding: 'utf8' });
  const found = said.split('\n').filter((word) => word !== '');
  return found.sort();
}

const offered = (...words: readonly string[]): string[] => offeredFor('parley', ...words);

it('offers every command: those of operators, the roles of a cluster, and those that end by themselves', () => {
  const operators = program.commands.map((command) => command.name());
  expect(offered('').filter((word) => !word.startsWith('-'))).toEqual([...operators, ...SERVER_COMMANDS].sort());
  expect(offered('--tok')).toEqual(['--token', '--token-file']);
  expect(offered('--po')).toEqual(['--port']);
});

it("offers a command's own words and flags, and those that every command has", () => {
  expect(offered('users', '').filter((word) => !word.startsWith('-'))).toEqual(
    ['list', 'show', 'suspend', 'restore', 'revoke', 'delete', 'export'].sort(),
  );
  expect(offered('users', 'export', '--o')).toEqual(['--output']);
  expect(offered('status', '--')).toEqual(
    ['--data', '--address', '--token', '--token-file', '--ca', '--cert', '--key', '--json', '--help'].sort(),
  );
});

it('goes on offering flags after arguments, after flags and after their values, whatever these are called', () => {
  expect(offered('drain', 'node-1', '--w')).toEqual(['--wait']);
  expect(offered('users', 'revoke', 'list', '--dev')).toEqual(['--device']);
  expect(offered('--data', 'users', 'sessions', '--gateway', 'audit', '--li')).toEqual(['--limit']);
  expect(offered('sessions', '--gateway', '=', 'audit', '--us')).toEqual(['--user']);
  expect(offered('where', 'user', ':', 'alice', '--json', '--act')).toEqual(['--activate']);
});

it('offers the same after npx, and nothing of its own for what else npx runs', () => {
  expect(offeredFor('npx', 'parley', '')).toEqual(offered(''));
  expect(offeredFor('npx', 'parley', 'users', 'export', '--o')).toEqual(['--output']);
  for (const line of [
    ['npx', ''],
    ['npx', 'parley'],
    ['npx', 'vitest', 'users', ''],
  ])
    expect(offeredFor(...line)).toEqual([]);
  expect(script).toMatch(/^complete -o default -F _parley_by_npx npx$/m);
});

it("offers no words in the place of a flag's value: bash offers files there", () => {
  expect(offered('users', 'export', 'alice', '--output', '')).toEqual([]);
  expect(offered('status', '--ca', '=', '')).toEqual([]);
  expect(script).toMatch(/^complete -o default -F _parley parley$/m);
});

it('offers a role its own flags', () => {
  expect(offered('node', '--cassandra-d')).toEqual(['--cassandra-datacenter']);
  expect(offered('gateway', '--cassandra-d')).toEqual([]);
  expect(offered('reindex', 'node', '--keysp')).toEqual(['--keyspace']);
  expect(offered('migrate', '--keysp')).toEqual(['--keyspace']);
  expect(offered('keys', 'file', '--p')).toEqual(['--public']);
});
