import { LIMITS } from '../../src/core/limits.js';
import type { admin } from '../../src/protocol/admin-messages.js';
import { Long } from '../../src/protocol/wire.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { timeSpan } from '../numbers.js';
import { instant } from '../text.js';

const STANDS_MS = 3_600_000;

const noticeText = ({ text, untilMs }: Plain<admin.INotice>): string =>
  text === '' ? 'No notice stands.' : `${text}\n(until ${instant(untilMs)})`;

async function show(context: Context): Promise<void> {
  const answer = await context.client.ask('GetNotice', {});
  context.show(answer, () => noticeText(answer));
}

async function put(context: Context, text: string, options: { readonly for?: number }): Promise<void> {
  const standsMs = Long.fromNumber(options.for ?? STANDS_MS, true);
  const answer = await context.client.ask('SetNotice', { text, standsMs });
  context.show(answer, () => noticeText(answer));
}

async function withdraw(context: Context): Promise<void> {
  const answer = await context.client.ask('WithdrawNotice', {});
  context.show(answer, () => noticeText(answer));
}

export const addNoticeCommands: AddCommands = (program, bind) => {
  const notice = program
    .command('notice')
    .description('The notice to everyone who is or comes online: set, show, withdraw.');
  notice
    .command('set')
    .description('Puts a notice up, in the place of the one that stands.')
    .argument('<text>', 'at most 1000 characters')
    .option('--for <time>', 'how long it stands: 90s, 30m, 2h, 1d; 1h where not said', timeSpan(LIMITS.noticeMsMax))
    .action(bind(put));
  notice.command('show').description('The notice that stands.').action(bind(show));
  notice.command('withdraw').description('Takes it down.').action(bind(withdraw));
};
