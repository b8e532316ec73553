/** Where the admin API is, and what to show there: as flags, the environment and the data folder say. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ADMIN_ROLES } from '../src/admin/roles.js';
import { readTokens } from '../src/admin/tokens.js';
import type { Connection } from './client.js';
import { CommandFailure, EXIT } from './exit-codes.js';

export interface ConnectionFlags {
  readonly data: string;
  readonly address?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const DEFAULT_ADDRESS = '127.0.0.1:9090';

/** Throws CommandFailure when the token cannot be read. */
export function connectionOf(flags: ConnectionFlags, environment: NodeJS.ProcessEnv): Connection {
  const { address, ca, cert, key } = flags;
  return {
    address: address ?? environment.PARLEY_ADMIN_ADDRESS ?? addressIn(flags.data) ?? DEFAULT_ADDRESS,
    token: tokenOf(flags, environment),
    ...{ ca, cert, key },
  };
}

function addressIn(folder: string): string | undefined {
  const file = join(folder, 'admin-address');
  return existsSync(file) ? readFileSync(file, 'utf8').trim() : undefined;
}

/** The server looks at a token first: beside a certificate only one that a flag names is shown. */
function tokenOf(flags: ConnectionFlags, environment: NodeJS.ProcessEnv): string | undefined {
  if (flags.cert !== undefined) return flags.token ?? (flags.tokenFile && bestTokenIn(flags.tokenFile));
  const given = flags.token ?? environment.PARLEY_ADMIN_TOKEN;
  if (given !== undefined) return given;
  const named = flags.tokenFile ?? environment.PARLEY_ADMIN_TOKENS;
  const file = named ?? join(flags.data, 'admin-tokens.json');
  return named === undefined && !existsSync(file) ? undefined : bestTokenIn(file);
}

/** The one that may do most. */
function bestTokenIn(file: string): string | undefined {
  try {
    const tokens = [...readTokens(file)];
    return tokens.sort((a, b) => ADMIN_ROLES.indexOf(b.role) - ADMIN_ROLES.indexOf(a.role))[0]?.token;
  } catch (error) {
    throw new CommandFailure(EXIT.usage, error instanceof Error ? error.message : String(error));
  }
}
