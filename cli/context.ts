/** What every command has: the connection that its options name, and where its words go. */
import type { Command } from 'commander';
import { AdminClient } from './client.js';
import { type ConnectionFlags, connectionOf } from './connection.js';
import { EXIT } from './exit-codes.js';
import { jsonLine, printable, printableLines } from './text.js';

export interface GlobalOptions extends ConnectionFlags {
  readonly json?: boolean;
}

export class Context {
  readonly json: boolean;
  private readonly options: GlobalOptions;
  private readonly environment: NodeJS.ProcessEnv;
  private connected: AdminClient | undefined;
  exitCode: number = EXIT.done;

  constructor(options: GlobalOptions, environment: NodeJS.ProcessEnv) {
    this.options = options;
    this.environment = environment;
    this.json = options.json === true;
  }

  /** Throws CommandFailure when the options name no connection. */
  get client(): AdminClient {
    this.connected ??= new AdminClient(connectionOf(this.options, this.environment));
    return this.connected;
  }

  /** The same answer as JSON or as text; `silent`: who did not answer. */
  show(value: object, text: () => string, silent: readonly string[] = []): void {
    process.stdout.write(this.json ? `${jsonLine(value)}\n` : `${printableLines(text().trimEnd())}\n`);
    if (silent.length === 0) return;
    this.exitCode = EXIT.partial;
    process.stderr.write(`parley: no answer in time from ${printable(silent.join(', '))}\n`);
  }

  close(): void {
    this.connected?.close();
  }
}

/** What a command does once its options are read. */
export type Action<Args extends readonly unknown[]> = (context: Context, ...args: Args) => Promise<void>;

/** Runs `action` with the context of the command that was called; `arguments_` as commander gives them. */
export type Bind = <Args extends readonly unknown[]>(action: Action<Args>) => (...args: unknown[]) => Promise<void>;

/** Adds commands to the program. */
export type AddCommands = (program: Command, bind: Bind) => void;
