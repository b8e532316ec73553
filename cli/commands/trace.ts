import type { admin } from '../../src/protocol/admin-messages.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { facts, table } from '../text.js';

type Journey = Plain<admin.IJourney>;
type Step = Journey['steps'][number];

interface Placed {
  readonly step: Step;
  readonly depth: number;
}

/** Each step after the one that led to it, and further in; one whose parent nobody knows stands at the edge. */
function inTree(steps: readonly Step[]): Placed[] {
  const known = new Set(steps.map(({ spanId }) => spanId));
  const under = (wanted: (step: Step) => boolean, depth: number): Placed[] =>
    steps
      .filter(wanted)
      .flatMap((step) => [
        { step, depth },
        ...under(({ parentId, spanId }) => parentId === step.spanId && spanId !== step.spanId, depth + 1),
      ]);
  return under(({ parentId }) => !known.has(parentId), 0);
}

const milliseconds = (us: number): string => (us / 1_000).toFixed(3);

function stepsText({ steps }: Journey): string {
  const startUs = steps[0]?.atUs ?? 0;
  const rows = inTree(steps).map(({ step: one, depth }) => [
    milliseconds(one.atUs - startUs),
    milliseconds(one.durationUs),
    `${'  '.repeat(depth)}${one.step}${one.request && ` ${one.request}`}`,
    one.process,
    one.who,
    one.error,
  ]);
  return table(['at ms', 'took ms', 'step', 'process', 'who', 'error'], rows);
}

const time = (ms: number): string => (ms === 0 ? '–' : new Date(ms).toISOString());

function journeyText(journey: Journey): string {
  const known = facts([
    ['message', journey.messageId],
    ['channel', journey.channelId === '' ? 'not known: its owner did not answer' : journey.channelId],
    ['seq', journey.seq],
    ['from', journey.messageFrom || '–'],
    ['created', time(journey.createdAtMs || journey.idTimeMs)],
    ['in the log', journey.committed ? 'yes' : 'not known'],
    ['owner now', journey.owner === '' ? '–' : `${journey.owner} (shard ${journey.shard}, term ${journey.ownerTerm})`],
    ['members', journey.members],
    ['traces', journey.traceIds.join(', ') || 'none: it was not sampled, or its steps have made room for others'],
  ]);
  const yes = (is: boolean): string => (is ? 'yes' : 'no');
  const rows = journey.recipients.map((one) => [one.userId, yes(one.inInbox), yes(one.delivered), yes(one.read)]);
  const recipients = rows.length === 0 ? '' : `\n\n${table(['member', 'in inbox', 'delivered', 'read'], rows)}`;
  return `${known}${journey.traced ? `\n\n${stepsText(journey)}` : ''}${recipients}`;
}

async function trace(context: Context, messageId: string): Promise<void> {
  const answer = await context.client.ask('GetJourney', { messageId });
  context.show(answer, () => journeyText(answer), answer.silent);
}

export const addTraceCommand: AddCommands = (program, bind) => {
  program
    .command('trace')
    .description('The journey of one message: each step with its time, and whom it reached.')
    .argument('<message id>', 'a decimal number, as clients show it')
    .action(bind(trace));
};
