import type { admin } from '../../src/protocol/admin-messages.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { duration, mebibytes, table } from '../text.js';

type Status = Plain<admin.IClusterStatus>;

export function statusText({ form, atMs, processes, placement }: Status): string {
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

async function shards(context: Context, options: { readonly first?: string; readonly limit?: string }): Promise<void> {
  const first = Number(options.first ?? 0);
  const answer = await context.client.ask('GetShardMap', { first, limit: Number(options.limit ?? 0) });
  const rows = answer.shards.map(({ shard, owner, term, placedOn }) => [shard, owner || '–', term, placedOn || '–']);
  context.show(answer, () => table(['shard', 'owner', 'term', 'placed on'], rows), answer.silent);
}

export const addStatusCommands: AddCommands = (program, bind) => {
  program.command('status').description('Processes, their load, and the map.').action(bind(status));
  program
    .command('shards')
    .description('The shards: who owns each, under which term, and where the map puts it.')
    .option('--first <shard>', 'the first one shown')
    .option('--limit <count>', 'how many')
    .action(bind(shards));
};
