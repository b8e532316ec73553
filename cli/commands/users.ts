import { once } from 'node:events';
import { channelOf } from '../../src/core/ids.js';
import type { admin } from '../../src/protocol/admin-messages.js';
import { Long } from '../../src/protocol/wire.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { pageSize, wholeNumber } from '../numbers.js';
import { facts, instant, jsonLine, ProgressLine, table } from '../text.js';
import { writeWhole } from '../whole-file.js';

interface PageOptions {
  readonly after?: string;
  readonly limit?: number;
}

const MORE = '\n… more: --after the last one';

function userText({ userId, displayName, state, createdAtMs, devices }: Plain<admin.IUser>): string {
  const head = facts([
    ['user', userId],
    ['name', displayName],
    ['state', state],
    ['since', instant(createdAtMs)],
  ]);
  const rows = devices.map((device) => [device.deviceId, device.name, instant(device.lastSeenAtMs)]);
  return rows.length === 0 ? head : `${head}\n\n${table(['device', 'name', 'last seen'], rows)}`;
}

async function list(
  context: Context,
  prefix: string | undefined,
  { after = '', limit = 0 }: PageOptions,
): Promise<void> {
  const answer = await context.client.ask('ListUsers', { prefix: prefix ?? '', after, limit });
  const rows = answer.users.map((user) => [user.userId, user.displayName, user.state, instant(user.createdAtMs)]);
  context.show(answer, () => table(['user', 'name', 'state', 'since'], rows) + (answer.more ? MORE : ''));
}

const one =
  (method: 'GetUser' | 'SuspendUser' | 'RestoreUser' | 'DeleteUser') =>
  async (context: Context, userId: string): Promise<void> => {
    const answer = await context.client.ask(method, { userId });
    context.show(answer, () => userText(answer));
  };

async function revoke(context: Context, userId: string, options: { readonly device?: string }): Promise<void> {
  const answer = await context.client.ask('RevokeUser', { userId, deviceId: options.device ?? '' });
  context.show(answer, () => `${answer.deviceIds.length} devices logged out.`);
}

async function exportOne(context: Context, userId: string, options: { readonly output?: string }): Promise<void> {
  const { output } = options;
  if (output === undefined) {
    for await (const line of exported(context, userId))
      if (!process.stdout.write(line)) await once(process.stdout, 'drain');
    return;
  }
  const progress = new ProgressLine();
  let records = 0;
  const counted = async function* (): AsyncGenerator<string> {
    for await (const line of exported(context, userId)) {
      yield line;
      if (++records % 100 === 0) progress.show(`${records} records`);
    }
  };
  await writeWhole(output, counted()).finally(() => progress.clear());
  context.show({ records, file: output }, () => `${records} records in ${output}`);
}

async function* exported({ client }: Context, userId: string): AsyncGenerator<string> {
  for await (const { kind, json } of client.stream('ExportUser', { userId }))
    yield `${jsonLine({ kind, value: JSON.parse(json) as unknown })}\n`;
}

async function channels(
  context: Context,
  user: string | undefined,
  { after = '', limit = 0 }: PageOptions,
): Promise<void> {
  const page = { after, limit };
  if (user === undefined) {
    const answer = await context.client.ask('ListActors', { prefix: 'channel:', ...page });
    const rows = answer.actors.map(({ actor, owner, facts: seen }) => [
      channelOf(actor) ?? actor,
      seen.kind ?? '',
      Number(seen.members ?? 0),
      Number(seen.head ?? 0),
      Number(seen.lagging ?? 0),
      owner,
    ]);
    const headings = ['channel in memory', 'kind', 'members', 'head', 'lagging', 'owner'];
    return context.show(answer, () => table(headings, rows) + (answer.more ? MORE : ''), answer.silent);
  }
  const answer = await context.client.ask('ListChannels', { userId: user, ...page });
  const rows = answer.channels.map(({ channelId, kind, name, head, unread }) => [channelId, kind, name, head, unread]);
  context.show(answer, () => table(['channel', 'kind', 'name', 'head', 'unread'], rows) + (answer.more ? MORE : ''));
}

async function audit(context: Context, options: { readonly limit?: number; readonly before?: number }): Promise<void> {
  const request = { limit: options.limit ?? 0, before: Long.fromNumber(options.before ?? 0, true) };
  const answer = await context.client.ask('ListAudit', request);
  const rows = answer.entries.map(({ entry, atMs, who, role, action, subject, outcome }) => [
    ...[entry, instant(atMs), who, role],
    ...[action, subject || '–', outcome],
  ]);
  const more = answer.more ? '\n… more: --before the last entry' : '';
  context.show(answer, () => table(['entry', 'when', 'who', 'role', 'what', 'whom', 'outcome'], rows) + more);
}

export const addUserCommands: AddCommands = (program, bind) => {
  const users = program.command('users').description('Accounts: list, show, suspend, restore, revoke, delete, export.');
  const named = (name: string, description: string) =>
    users.command(name).description(description).argument('<user>', 'the name');
  users
    .command('list')
    .description('All accounts, or those whose names begin so.')
    .argument('[prefix]')
    .option('--after <user>', 'the last one of the page before')
    .option('--limit <count>', 'how many, at most 500', pageSize)
    .action(bind(list));
  named('show', 'One account and its devices.').action(bind(one('GetUser')));
  named('suspend', 'Ends all sessions; nobody logs in until it is restored.').action(bind(one('SuspendUser')));
  named('restore', 'Takes a suspension back.').action(bind(one('RestoreUser')));
  named('revoke', 'Logs out all devices, or one.').option('--device <device>', 'that one only').action(bind(revoke));
  named(
    'delete',
    'Deletes the account for good, leaves its channels, and removes its inbox; the name stays taken. May be run again until it is done.',
  ).action(bind(one('DeleteUser')));
  named('export', 'Everything of a user as JSON lines.')
    .option('--output <file>', 'a file instead of standard output')
    .action(bind(exportOne));
  program
    .command('channels')
    .description('The channels in memory, or those of one user.')
    .argument('[user]')
    .option('--after <channel>', 'the last one of the page before')
    .option('--limit <count>', 'how many', pageSize)
    .action(bind(channels));
  program
    .command('audit')
    .description('What operators did, newest first.')
    .option('--limit <count>', 'how many, at most 500', pageSize)
    .option('--before <entry>', 'the last one of the page before', wholeNumber(1, Number.MAX_SAFE_INTEGER))
    .action(bind(audit));
};
