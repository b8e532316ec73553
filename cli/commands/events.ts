import type { AddCommands, Context } from '../context.js';
import { CommandFailure, EXIT } from '../exit-codes.js';
import { instant, printable } from '../text.js';

async function events(context: Context, types: readonly string[], options: { readonly for?: string }): Promise<void> {
  const seconds = Number(options.for ?? 0);
  if (!(seconds >= 0)) throw new CommandFailure(EXIT.usage, 'A time is a number of seconds.');
  const ended = seconds > 0 ? AbortSignal.timeout(seconds * 1_000) : undefined;
  for await (const event of context.client.stream('WatchEvents', { types: [...types] }, ended)) {
    const { atMs, type, subject, text, lost } = event;
    const more = lost > 0 && type !== 'lag' ? ` (${lost} more of its process were not told)` : '';
    context.show(event, () => printable(`${instant(atMs)}  ${type.padEnd(19)} ${subject}  ${text}${more}`));
  }
}

export const addEventsCommand: AddCommands = (program, bind) => {
  program
    .command('events')
    .description(
      'What happens in the cluster, as it happens: one line each (with --json one object each), until Ctrl-C.',
    )
    .argument('[types...]', 'only these, such as process_left, owner_changed, actor_crashed, slow_reader, audit')
    .option('--for <seconds>', 'end after that time')
    .action(bind(events));
};
