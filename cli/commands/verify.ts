import { LIMITS } from '../../src/core/limits.js';
import type { admin } from '../../src/protocol/admin-messages.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { CommandFailure, EXIT } from '../exit-codes.js';
import { wholeNumber } from '../numbers.js';
import { bar, ProgressLine, table } from '../text.js';

type Progress = Plain<admin.IVerifyProgress>;

function summary({ usersDone, channels, positions, breachesFound }: Progress): string {
  const found = breachesFound === 0 ? 'no breach' : `${breachesFound} breaches`;
  return `${usersDone} inboxes and ${channels} channels, ${positions} positions looked at: ${found}.`;
}

/** The bar is that of the inboxes: how many channels there are besides those that they name is known at the end. */
export function progressText(progress: Progress): string {
  const { usersDone, usersTotal } = progress;
  const now = usersDone < usersTotal ? 'of the inboxes' : 'of the inboxes, now the channels that none of them names';
  return `${bar(usersDone, usersTotal)} ${now}; ${summary(progress)}`;
}

function resultText(last: Progress, breaches: readonly Plain<admin.IBreach>[]): string {
  const rows = breaches.map(({ guarantee, log, seq, text }) => [guarantee, log, seq, text]);
  const told = table(['guarantee', 'log', 'position', 'what'], rows);
  const more = last.breachesFound > rows.length ? `\n… and ${last.breachesFound - rows.length} more` : '';
  return rows.length === 0 ? summary(last) : `${told}${more}\n\n${summary(last)}`;
}

async function verify(context: Context, users: readonly string[], options: { readonly rate: number }): Promise<void> {
  const { rate: positionsPerSecond } = options;
  const line = new ProgressLine();
  const breaches: Plain<admin.IBreach>[] = [];
  let last: Progress | undefined;
  for await (const progress of context.client.stream('Verify', { userIds: [...users], positionsPerSecond })) {
    last = progress;
    breaches.push(...progress.breaches);
    line.show(progressText(progress));
  }
  line.clear();
  if (last === undefined) throw new CommandFailure(EXIT.failed, 'The verification ended without a word.');
  const { usersDone, channels, positions, breachesFound } = last;
  const result = { usersDone, channels, positions, breachesFound, breaches };
  context.show(result, () => resultText(last, breaches));
  if (breachesFound > 0) context.exitCode = EXIT.failed;
}

export const addVerifyCommand: AddCommands = (program, bind) => {
  program
    .command('verify')
    .description(
      'Looks over all inboxes and the logs of their channels, and reports any breach of the guarantees G1 to G3.',
    )
    .argument('[users...]', 'only those of these users')
    .option(
      '--rate <positions>',
      'how many positions are looked at in a second, at most',
      wholeNumber(1, LIMITS.verifyPositionsPerSecondMax),
      LIMITS.verifyPositionsPerSecond,
    )
    .action(bind(verify));
};
