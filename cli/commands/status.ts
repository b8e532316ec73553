import { setTimeout as pause } from 'node:timers/promises';
import { SHARD_COUNT } from '../../src/core/ids.js';
import type { admin } from '../../src/protocol/admin-messages.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { decimal, wholeNumber } from '../numbers.js';
import { duration, mebibytes, table } from '../text.js';

type Status = Plain<admin.IClusterStatus>;

const PAUSE_SECONDS_MIN = 0.2;
const PAUSE_SECONDS_MAX = 86_400;

function statusText({ form, atMs, processes, placement }: Status): string {
  const rows = processes.map((one) => [
    one.name,
    one.roles.join(','),
    duration(atMs - one.startedAtMs),
    one.sessions,
    one.shards,
    one.actors,
    one.mailboxMessages,
    `${one.eventLoopDelayMs.toFixed(1)} ms`,
    mebibytes(one.residentBytes),
    one.draining ? 'draining' : 'serving',
  ]);
  const headings = ['process', 'roles', 'up', 'sessions', 'shards', 'actors', 'queued', 'loop p99', 'memory', 'state'];
  const map = placement ? `; map ${placement.version} by ${placement.coordinator}` : '';
  return `${form}${map}\n\n${table(headings, rows)}`;
}

async function status(context: Context): Promise<void> {
  const answer = await context.client.ask('GetStatus', {});
  context.show(answer, () => statusText(answer), answer.silent);
}

/** Again every so often, until Ctrl-C; once where nobody looks at a screen. */
async function top(context: Context, { interval }: { readonly interval: number }): Promise<void> {
  let before: Status | undefined;
  for (;;) {
    const answer = await context.client.ask('GetStatus', {});
    if (process.stdout.isTTY) process.stdout.write('\u001b[2J\u001b[H');
    context.show(answer, () => `${statusText(answer)}\n\n${ratesText(before, answer)}`, answer.silent);
    if (!process.stdout.isTTY) return;
    before = answer;
    await pause(interval * 1_000);
  }
}

/** What happened since the look before: processor, rows and commits a second. */
function ratesText(before: Status | undefined, now: Status): string {
  const rows = now.processes.flatMap((one) => {
    const old = before?.processes.find(({ incarnation }) => incarnation === one.incarnation);
    if (before === undefined || old === undefined) return [];
    const seconds = (now.atMs - before.atMs) / 1_000;
    const rate = (value: number, was: number): string => ((value - was) / seconds).toFixed(0);
    const processor = `${(((one.processorSeconds - old.processorSeconds) / seconds) * 100).toFixed(0)} %`;
    return [[one.name, processor, rate(one.writes, old.writes), rate(one.flushes, old.flushes)]];
  });
  return rows.length === 0 ? '' : table(['process', 'processor', 'rows/s', 'commits/s'], rows);
}

async function shards(context: Context, page: { readonly first?: number; readonly limit?: number }): Promise<void> {
  const { first = 0, limit = 0 } = page;
  const answer = await context.client.ask('GetShardMap', { first, limit });
  const rows = answer.shards.map(({ shard, owner, term, placedOn }) => [shard, owner || '–', term, placedOn || '–']);
  context.show(answer, () => table(['shard', 'owner', 'term', 'placed on'], rows), answer.silent);
}

export const addStatusCommands: AddCommands = (program, bind) => {
  program.command('status').description('Processes, their load, and the map.').action(bind(status));
  program
    .command('top')
    .description('The status again and again, with rates; Ctrl-C ends it.')
    .option('--interval <seconds>', 'between two looks', decimal(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX), 2)
    .action(bind(top));
  program
    .command('shards')
    .description('The shards: who owns each, under which term, and where the map puts it.')
    .option('--first <shard>', 'the first one shown', wholeNumber(0, SHARD_COUNT - 1))
    .option('--limit <count>', 'how many', wholeNumber(1, SHARD_COUNT))
    .action(bind(shards));
};
