import type { AddCommands, Context } from '../context.js';
import { timeSpan } from '../numbers.js';
import { instant, printable } from '../text.js';

/** A timer of Node.js takes less than 25 days. */
const WATCHED_MS_MAX = 24 * 86_400_000;

async function events(context: Context, types: readonly string[], options: { readonly for?: number }): Promise<void> {
  const ended = options.for === undefined ? undefined : AbortSignal.timeout(options.for);
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
    .option('--for <time>', 'end after that time: 90s, 30m, 2h, 1d', timeSpan(WATCHED_MS_MAX))
    .action(bind(events));
};
