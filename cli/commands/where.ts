import type { admin } from '../../src/protocol/admin-messages.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { pageSize } from '../numbers.js';
import { duration, facts, table } from '../text.js';

function placeText(place: Plain<admin.IActorPlace>): string {
  const { activation, sessions } = place;
  const pairs: [string, string | number][] = [
    ['actor', place.actor],
    ['shard', place.shard],
    ['owner', place.owner === '' ? 'nobody says that they own it' : `${place.ownerName} (${place.owner})`],
    ['placed on', place.placedOn || '–'],
    ['term', place.term],
    ['state', activation ? activation.state : 'not in memory'],
  ];
  if (activation) {
    pairs.push(
      ['epoch', `${activation.term}.${activation.sub}`],
      ['mailbox', activation.mailboxMessages],
      ['idle', duration(activation.idleMs)],
      ['crashes', activation.crashes],
      ...Object.entries(activation.facts),
    );
  }
  return sessions.length === 0 ? facts(pairs) : `${facts(pairs)}\n\n${sessionTable(sessions)}`;
}

export function sessionTable(sessions: readonly Plain<admin.ISession>[]): string {
  const rows = sessions.map((one) => [
    one.sessionId,
    one.userId,
    one.deviceId,
    one.gateway,
    one.attached ? one.address : 'waits to be resumed',
    duration(one.quietMs),
    one.bufferedBytes,
    one.inboxSeq,
  ]);
  return table(['session', 'user', 'device', 'gateway', 'from', 'quiet', 'buffered', 'inbox'], rows);
}

async function where(context: Context, actor: string, options: { readonly activate?: boolean }): Promise<void> {
  const answer = await context.client.ask('Where', { actor, activate: options.activate === true });
  context.show(answer, () => placeText(answer), answer.silent);
}

async function actors(
  context: Context,
  prefix: string | undefined,
  options: { readonly after?: string; readonly limit?: number },
): Promise<void> {
  const { after = '', limit = 0 } = options;
  const answer = await context.client.ask('ListActors', { prefix: prefix ?? '', after, limit });
  const rows = answer.actors.map((one) => [
    one.actor,
    one.owner,
    `${one.term}.${one.sub}`,
    one.state,
    one.mailboxMessages,
    duration(one.idleMs),
  ]);
  const more = answer.more ? '\n… more: --after the last one' : '';
  context.show(
    answer,
    () => table(['actor', 'owner', 'epoch', 'state', 'mailbox', 'idle'], rows) + more,
    answer.silent,
  );
}

export const addActorCommands: AddCommands = (program, bind) => {
  program
    .command('where')
    .description('One actor: its shard, owner, epoch, state and mailbox; to operators also the sessions of a user.')
    .argument('<actor>', 'user:alice, or channel: and its id')
    .option('--activate', 'have it activated first, to see what it says of itself; for operators')
    .action(bind(where));
  program
    .command('actors')
    .description('The actors in memory.')
    .argument('[prefix]', 'user: or channel:, and what the id begins with')
    .option('--after <actor>', 'the last one of the page before')
    .option('--limit <count>', 'how many, at most 500', pageSize)
    .action(bind(actors));
};
