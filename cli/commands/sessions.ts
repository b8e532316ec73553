import type { AddCommands, Context } from '../context.js';
import { CommandFailure, EXIT } from '../exit-codes.js';
import { pageSize } from '../numbers.js';
import { sessionTable } from './where.js';

interface ListOptions {
  readonly user?: string;
  readonly gateway?: string;
  readonly after?: string;
  readonly limit?: number;
}

async function sessions(context: Context, options: ListOptions): Promise<void> {
  const { user = '', gateway = '', after = '', limit = 0 } = options;
  const answer = await context.client.ask('ListSessions', { userId: user, gateway, after, limit });
  const more = answer.more ? '\n… more: --after the last one' : '';
  context.show(answer, () => sessionTable(answer.sessions) + more, answer.silent);
}

interface DisconnectOptions {
  readonly user?: string;
  readonly device?: string;
}

async function disconnect(context: Context, sessionId: string | undefined, options: DisconnectOptions): Promise<void> {
  const { user = '', device = '' } = options;
  if (!sessionId && user === '')
    throw new CommandFailure(
      EXIT.usage,
      'Name a session, or a user (--user) and perhaps one of their devices (--device).',
    );
  const request = { sessionId: sessionId ?? '', userId: user, deviceId: device };
  const answer = await context.client.ask('Disconnect', request);
  if (answer.sessions === 0 && answer.silent.length === 0)
    throw new CommandFailure(EXIT.notFound, 'There is no such session.');
  context.show(answer, () => `${answer.sessions} sessions ended; their clients may come back.`, answer.silent);
}

export const addSessionCommands: AddCommands = (program, bind) => {
  program
    .command('sessions')
    .description('The sessions at the gateways.')
    .option('--user <name>', 'of one user')
    .option('--gateway <name>', 'at one gateway')
    .option('--after <session>', 'the last one of the page before')
    .option('--limit <count>', 'how many, at most 500', pageSize)
    .action(bind(sessions));
  program
    .command('disconnect')
    .description('Ends sessions. Their clients may come back at once: to keep them out see `users suspend`.')
    .argument('[session]', 'the id of one')
    .option('--user <name>', 'all of a user')
    .option('--device <device>', 'of that device only')
    .action(bind(disconnect));
};
