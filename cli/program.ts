/** The commands for operators, by commander; each speaks to the admin API. */
import { Command, CommanderError } from 'commander';
import { ParleyError } from '../src/core/errors.js';
import { addCompletion } from './commands/completion.js';
import { addEventsCommand } from './commands/events.js';
import { addMessageCommands } from './commands/messages.js';
import { addNodeCommands } from './commands/nodes.js';
import { addNoticeCommands } from './commands/notice.js';
import { addSessionCommands } from './commands/sessions.js';
import { addStatusCommands } from './commands/status.js';
import { addTokenCommand } from './commands/token.js';
import { addTraceCommand } from './commands/trace.js';
import { addUserCommands } from './commands/users.js';
import { addVerifyCommand } from './commands/verify.js';
import { addActorCommands } from './commands/where.js';
import { type Action, type AddCommands, Context, type GlobalOptions } from './context.js';
import { CommandFailure, EXIT } from './exit-codes.js';
import { printable } from './text.js';

const COMMANDS: readonly AddCommands[] = [
  addStatusCommands,
  addActorCommands,
  addSessionCommands,
  addNodeCommands,
  addUserCommands,
  addMessageCommands,
  addVerifyCommand,
  addEventsCommand,
  addNoticeCommands,
  addTraceCommand,
  addTokenCommand,
  addCompletion,
];

const EXIT_HELP = `
Exit codes: 0 done, 1 refused, failed, or verify found a breach, 2 wrong usage, 3 nobody answers, 4 not allowed, 5 no such thing,
6 done without the answer of some processes.`;

export function createProgram(onContext: (context: Context) => void): Command {
  const program = new Command('parley')
    .description('Operates Parley through its admin API.')
    .option('--data <folder>', 'of an embedded Parley: its address and token are there; also PARLEY_DATA; else ./data')
    .option('--address <host:port>', 'the admin API; also PARLEY_ADMIN_ADDRESS')
    .option('--token <token>', 'also PARLEY_ADMIN_TOKEN')
    .option('--token-file <file>', 'file of tokens, of which the one that may do most counts; also PARLEY_ADMIN_TOKENS')
    .option('--ca <file>', "authority of the server's certificate, a PEM file: speak TLS")
    .option('--cert <file>', 'certificate to show instead of a token')
    .option('--key <file>', 'its private key')
    .option('--json', 'answers as JSON')
    .configureHelp({ showGlobalOptions: true })
    .exitOverride()
    .addHelpText('after', '\nparley --help tells how to start a server.')
    .addHelpText('afterAll', EXIT_HELP);
  const bind =
    <Args extends readonly unknown[]>(action: Action<Args>) =>
    async (...args: unknown[]): Promise<void> => {
      const command = args.at(-1) as Command;
      const context = new Context(command.optsWithGlobals<GlobalOptions>(), process.env);
      onContext(context);
      await action(context, ...(args.slice(0, -1) as unknown as Args));
    };
  for (const add of COMMANDS) add(program, bind);
  for (const command of program.commands.flatMap((one) => [one, ...one.commands]))
    command.exitOverride().configureHelp({ showGlobalOptions: true });
  return program;
}

/** Resolves to the exit code; what went wrong is on standard error. */
export async function run(args: readonly string[]): Promise<number> {
  let context: Context | undefined;
  try {
    await createProgram((made) => {
      context = made;
    }).parseAsync([...args], { from: 'user' });
    return context?.exitCode ?? EXIT.done;
  } catch (error) {
    return failed(error);
  } finally {
    context?.close();
  }
}

function failed(error: unknown): number {
  // It has said why itself.
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.done : EXIT.usage;
  const sentence = error instanceof Error ? error.message : String(error);
  process.stderr.write(`parley: ${printable(sentence)}\n`);
  if (error instanceof CommandFailure) return error.exitCode;
  return error instanceof ParleyError && error.kind === 'invalid_argument' ? EXIT.usage : EXIT.failed;
}
