import type { admin } from '../../src/protocol/admin-messages.js';
import type { Plain } from '../client.js';
import type { AddCommands, Context } from '../context.js';
import { CommandFailure, EXIT } from '../exit-codes.js';
import { bar, facts, ProgressLine } from '../text.js';

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

async function weight(context: Context, node: string, text: string): Promise<void> {
  const wanted = Number(text);
  if (text.trim() === '' || !Number.isFinite(wanted)) throw new CommandFailure(EXIT.usage, 'A weight is a number.');
  const answer = await context.client.ask('SetWeight', { node, weight: wanted });
  context.show(answer, () => ordersText(answer));
}

async function move(context: Context, shardText: string, node: string | undefined): Promise<void> {
  const shard = Number(shardText);
  if (!/^\d{1,4}$/.test(shardText)) throw new CommandFailure(EXIT.usage, 'A shard is a number of 0 to 4095.');
  const answer = await context.client.ask('MoveShard', { shard, node: node ?? '' });
  context.show(answer, () => ordersText(answer));
}

async function drain(
  context: Context,
  node: string,
  options: { readonly wait?: boolean; readonly deadline?: string },
): Promise<void> {
  const deadlineMs = Number(options.deadline ?? 600) * 1_000;
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
    .argument('<node>', 'its name')
    .action(bind(cordon(true)));
  program
    .command('drain')
    .description('Moves all shards off a node, or all clients off a gateway. A gateway then waits to be stopped.')
    .argument('<process>', 'name or incarnation of a node or gateway')
    .option('--wait', 'until nothing is left there')
    .option('--deadline <seconds>', 'how long to wait at most', '600')
    .action(bind(drain));
  program
    .command('weight')
    .description("Sets a node's share of the actors beside others'; 0 takes none.")
    .argument('<node>', 'its name or incarnation')
    .argument('<weight>', '0 to 1000')
    .action(bind(weight));
  program
    .command('move')
    .description('Puts a shard on a node, for good; without a node, back to where the placement says.')
    .argument('<shard>', '0 to 4095')
    .argument('[node]', 'name or incarnation')
    .action(bind(move));
};
