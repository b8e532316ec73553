import { ADMIN_ROLES, isAdminRole } from '../../src/admin/roles.js';
import { addToken } from '../../src/admin/tokens.js';
import { systemRandom } from '../../src/core/random.js';
import type { AddCommands, Context } from '../context.js';
import { CommandFailure, EXIT } from '../exit-codes.js';

async function token(context: Context, file: string, name: string, role: string): Promise<void> {
  if (!isAdminRole(role)) throw new CommandFailure(EXIT.usage, `A role is one of ${ADMIN_ROLES.join(', ')}.`);
  const made = addToken(file, name, role, systemRandom);
  context.show({ name, role, token: made }, () => made);
}

export const addTokenCommand: AddCommands = (program, bind) => {
  program
    .command('token')
    .description(
      'Makes a token in a file of tokens, which is made when it is missing, and prints it. The old one ends.',
    )
    .argument('<file>', 'such as data/admin-tokens.json')
    .argument('<name>', 'whose it is')
    .argument('<role>', ADMIN_ROLES.join(', '))
    .action(bind(token));
};
