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
const LOOKS_MAX = 1_000_000;

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

interface TopOptions {
  readonly interval: number;
  readonly count?: number;
}

const CLEAR = '\u001b[2J\u001b[H';

/** Until Ctrl-C at a terminal, once elsewhere; rates are those since the look before, so the first look is shown to eyes only. */
export async function top(
  context: Context,
  { interval, count = process.stdout.isTTY ? Number.POSITIVE_INFINITY : 1 }: TopOptions,
  wait: (ms: number) => Promise<unknown> = pause,
): Promise<void> {
  const isScreen = process.stdout.isTTY && !context.json;
  const show = (now: Status, rates: readonly Rates[]): void => {
    if (isScreen) process.stdout.write(CLEAR);
    context.show({ ...now, rates }, () => `${statusText(now)}\n\n${ratesText(rates)}`, now.silent);
  };
  let before = await context.client.ask('GetStatus', {});
  if (isScreen) show(before, []);
  for (let looks = 0; looks < count; looks++) {
    await wait(interval * 1_000);
    const now = await context.client.ask('GetStatus', {});
    show(now, ratesOf(before, now));
    before = now;
  }
}

interface Rates {
  readonly name: string;
  readonly incarnation: string;
  readonly processorPercent: number;
  readonly rowsPerSecond: number;
  readonly commitsPerSecond: number;
}

/** Of the processes that both looks found. */
function ratesOf(before: Status, now: Status): Rates[] {
  const seconds = (now.atMs - before.atMs) / 1_000;
  return now.processes.flatMap((one) => {
    const { name, incarnation } = one;
    const old = before.processes.find((other) => other.incarnation === incarnation);
    if (old === undefined) return [];
    const processorPercent = ((one.processorSeconds - old.processorSeconds) / seconds) * 100;
    const rowsPerSecond = (one.writes - old.writes) / seconds;
    return {
      name,
      incarnation,
      processorPercent,
      rowsPerSecond,
      commitsPerSecond: (one.flushes - old.flushes) / seconds,
    };
  });
}

function ratesText(rates: readonly Rates[]): string {
  if (rates.length === 0) return '';
  const rows = rates.map(({ name, processorPercent, rowsPerSecond, commitsPerSecond }) => [
    name,
    `${processorPercent.toFixed(0)} %`,
    rowsPerSecond.toFixed(0),
    commitsPerSecond.toFixed(0),
  ]);
  return table(['process', 'processor', 'rows/s', 'commits/s'], rows);
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
    .description('The status with rates, again and again until Ctrl-C; where no terminal is, once.')
    .option('--interval <seconds>', 'between two looks', decimal(PAUSE_SECONDS_MIN, PAUSE_SECONDS_MAX), 2)
    .option('--count <looks>', 'how often rates are shown', wholeNumber(1, LOOKS_MAX))
    .action(bind(top));
  program
    .command('shards')
    .description('The shards: who owns each, under which term, and where the map puts it.')
    .option('--first <shard>', 'the first one shown', wholeNumber(0, SHARD_COUNT - 1))
    .option('--limit <count>', 'how many', wholeNumber(1, SHARD_COUNT))
    .action(bind(shards));
};
