/** What every command has: the connection that its options name, and where its words go. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Command } from 'commander';
import { ADMIN_ROLES } from '../src/admin/roles.js';
import { readTokens } from '../src/admin/tokens.js';
import { AdminClient } from './client.js';
import { CommandFailure, EXIT } from './exit-codes.js';
import { jsonLine, printable, printableLines } from './text.js';

export interface GlobalOptions {
  readonly data: string;
  readonly address?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
  readonly json?: boolean;
}

const DEFAULT_ADDRESS = '127.0.0.1:9090';

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

  /** Throws CommandFailure when the token cannot be read. */
  get client(): AdminClient {
    const { address, ca, cert, key } = this.options;
    this.connected ??= new AdminClient({
      address: address ?? this.environment.PARLEY_ADMIN_ADDRESS ?? this.addressInFolder() ?? DEFAULT_ADDRESS,
      token: this.token(),
      ...{ ca, cert, key },
    });
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

  private addressInFolder(): string | undefined {
    const file = join(this.options.data, 'admin-address');
    return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
  }

  /** Given, or of the environment, or the one that may do most in the file. None, when a certificate is shown. */
  private token(): string | undefined {
    const given = this.options.token ?? this.environment.PARLEY_ADMIN_TOKEN;
    if (given !== undefined) return given;
    const named = this.options.tokenFile ?? this.environment.PARLEY_ADMIN_TOKENS;
    const file = named ?? join(this.options.data, 'admin-tokens.json');
    if (named === undefined && !existsSync(file)) return undefined;
    try {
      const tokens = [...readTokens(file)];
      return tokens.sort((a, b) => ADMIN_ROLES.indexOf(b.role) - ADMIN_ROLES.indexOf(a.role))[0]?.token;
    } catch (error) {
      throw new CommandFailure(EXIT.usage, error instanceof Error ? error.message : String(error));
    }
  }
}

/** What a command does once its options are read. */
export type Action<Args extends readonly unknown[]> = (context: Context, ...args: Args) => Promise<void>;

/** Runs `action` with the context of the command that was called; `arguments_` as commander gives them. */
export type Bind = <Args extends readonly unknown[]>(action: Action<Args>) => (...args: unknown[]) => Promise<void>;

/** Adds commands to the program. */
export type AddCommands = (program: Command, bind: Bind) => void;
