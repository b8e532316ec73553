import type { AddCommands, Context } from '../context.js';

async function erase(context: Context, messageId: string): Promise<void> {
  const answer = await context.client.ask('DeleteMessage', { messageId });
  context.show(answer, () => `Deleted: position ${answer.seq} of ${answer.channelId}.`);
}

export const addMessageCommands: AddCommands = (program, bind) => {
  program
    .command('messages')
    .description('Messages: delete.')
    .command('delete')
    .description('Deletes a message for everybody: its text, and that of its edits, leaves logs and inboxes for good.')
    .argument('<message>', 'its id')
    .action(bind(erase));
};
