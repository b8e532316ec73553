import { SHARD_COUNT } from '../../src/core/ids.js';
import type { admin } from '../../src/protocol/admin-messages.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { decimal, wholeNumber } from '../numbers.js';
import { bar, facts, ProgressLine } from '../text.js';

const WAIT_SECONDS_MAX = 7 * 86_400;
const WEIGHT_MAX = 1_000;

function ordersText({ weights, cordoned, draining, pinned }: Plain<admin.INodeOrders>): string {
  const pairs = Object.entries({ ...weights }).map(([name, weight]) => `${name}=${weight}`);
  const pins = Object.entries({ ...pinned }).map(([shard, name]) => `${shard}→${name}`);
  return facts([
    ['cordoned', cordoned.join(', ') || '–'],
    ['draining', draining.join(', ') || '–'],
    ['weights', pairs.join(', ') || '–'],
    ['pinned shards', pins.join(', ') || '–'],
  ]);
}

const cordon =
  (lift: boolean) =>
  async (context: Context, node: string): Promise<void> => {
    const answer = await context.client.ask('Cordon', { node, lift });
    context.show(answer, () => ordersText(answer));
  };

async function weight(context: Context, node: string, wanted: number): Promise<void> {
  const answer = await context.client.ask('SetWeight', { node, weight: wanted });
  context.show(answer, () => ordersText(answer));
}

async function move(context: Context, shard: number, node: string | undefined): Promise<void> {
  const answer = await context.client.ask('MoveShard', { shard, node: node ?? '' });
  context.show(answer, () => ordersText(answer));
}

async function drain(
  context: Context,
  node: string,
  options: { readonly wait?: boolean; readonly deadline: number },
): Promise<void> {
  const deadlineMs = options.deadline * 1_000;
  const line = new ProgressLine();
  let most = 0;
  let last: Plain<admin.IDrainProgress> | undefined;
  for await (const progress of context.client.stream('Drain', { node, wait: options.wait === true, deadlineMs })) {
    last = progress;
    const left = progress.shardsLeft + progress.sessionsLeft;
    most = Math.max(most, left);
    line.show(`${bar(most - left, most)} ${progress.shardsLeft} shards, ${progress.sessionsLeft} sessions left`);
  }
  line.clear();
  const { shardsLeft = 0, sessionsLeft = 0 } = last ?? {};
  context.show(last ?? {}, () =>
    last?.done
      ? `${node} has nothing left.`
      : `${node} is being drained: ${shardsLeft} shards, ${sessionsLeft} sessions left.`,
  );
}

export const addNodeCommands: AddCommands = (program, bind) => {
  program
    .command('cordon')
    .description('A node takes no new shards, and keeps what it has.')
    .argument('<node>', 'its name or incarnation')
    .action(bind(cordon(false)));
  program
    .command('uncordon')
    .description('Takes a cordon or a drain of a node back.')
    .argument('<node>', 'its name, or its incarnation while it lives')
    .action(bind(cordon(true)));
  program
    .command('drain')
    .description('Moves all shards off a node, or all clients off a gateway. A gateway then waits to be stopped.')
    .argument('<process>', 'name or incarnation of a node or gateway')
    .option('--wait', 'until nothing is left there')
    .option('--deadline <seconds>', 'how long to wait at most', wholeNumber(1, WAIT_SECONDS_MAX), 600)
    .action(bind(drain));
  program
    .command('weight')
    .description("Sets a node's share of the actors beside others'; 0 takes none.")
    .argument('<node>', 'its name or incarnation')
    .argument('<weight>', '0 to 1000', decimal(0, WEIGHT_MAX))
    .action(bind(weight));
  program
    .command('move')
    .description('Puts a shard on a node, for good; without a node, back to where the placement says.')
    .argument('<shard>', '0 to 4095', wholeNumber(0, SHARD_COUNT - 1))
    .argument('[node]', 'name or incarnation')
    .action(bind(move));
};
