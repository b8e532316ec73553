/** Where the admin API is, and what to show there: flags go before the environment, that before the data folder. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isLoopback, parseAdminAddress } from '../src/admin/address.js';
import { ADMIN_ROLES } from '../src/admin/roles.js';
import { readTokens } from '../src/admin/tokens.js';
import type { Connection } from './channel.js';
import { CommandFailure, EXIT } from './exit-codes.js';

export interface ConnectionFlags {
  /** A folder that is named goes before the environment, as the other flags do. */
  readonly data?: string;
  readonly address?: string;
  readonly token?: string;
  readonly tokenFile?: string;
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

const DEFAULT_ADDRESS = '127.0.0.1:9090';
const DEFAULT_FOLDER = './data';
/** What a header may hold, as the server takes it. */
const TOKEN = /^[!-~]{1,512}$/;

type Environment = NodeJS.ProcessEnv;

/** Throws CommandFailure when they name no connection, or one that would tell others a token. */
export function connectionOf(flags: ConnectionFlags, environment: Environment): Connection {
  const { ca, cert, key } = flags;
  refuseHalves(flags);
  const folder = flags.data ?? present(environment.PARLEY_DATA) ?? DEFAULT_FOLDER;
  const inFolder = addressIn(folder);
  const address = addressOf(flags, environment, inFolder);
  const isNear = isLoopback(hostOf(address));
  // The token of a folder is for the Parley of that folder, whose address it says, and for what this machine forwards.
  const token = tokenOf(flags, environment, isNear || address === inFolder ? folder : undefined);
  if (token !== undefined && !isNear && ca === undefined && cert === undefined)
    throw wrong(`A token goes to ${address} by TLS only: give --ca, the authority of its certificate.`);
  if (token !== undefined && !TOKEN.test(token)) throw wrong('What is named as the token is none.');
  return { address, token, ca, cert, key };
}

/** A flag with nothing, as of a variable that is not set, is no wish for the environment's or the folder's word. */
function refuseHalves(flags: ConnectionFlags): void {
  const { data, address, token, tokenFile, ca, cert, key } = flags;
  const values = { data, address, token, 'token-file': tokenFile, ca, cert, key };
  const empty = Object.entries(values).find(([, value]) => value === '');
  if (empty !== undefined) throw wrong(`--${empty[0]} is empty.`);
  if ((cert === undefined) !== (key === undefined)) throw wrong('A certificate needs both --cert and --key.');
}

const wrong = (sentence: string): CommandFailure => new CommandFailure(EXIT.usage, sentence);

/** An empty variable counts as none. */
const present = (variable: string | undefined): string | undefined => variable || undefined;

function addressOf(flags: ConnectionFlags, environment: Environment, inFolder: string | undefined): string {
  if (flags.address !== undefined) return flags.address;
  const named = present(environment.PARLEY_ADMIN_ADDRESS);
  const first = flags.data === undefined ? (named ?? inFolder) : (inFolder ?? named);
  return first ?? DEFAULT_ADDRESS;
}

function hostOf(address: string): string {
  const host = parseAdminAddress(address)?.host;
  if (host === undefined) throw wrong(`The address "${address}" is not host:port.`);
  return host;
}

function addressIn(folder: string): string | undefined {
  const file = join(folder, 'admin-address');
  return existsSync(file) ? present(readFileSync(file, 'utf8').trim()) : undefined;
}

/** The server looks at a token first: beside a certificate only one that a flag names is shown. */
function tokenOf(flags: ConnectionFlags, environment: Environment, folder: string | undefined): string | undefined {
  if (flags.token !== undefined) return flags.token;
  if (flags.tokenFile !== undefined) return bestTokenIn(flags.tokenFile);
  if (flags.cert !== undefined) return undefined;
  if (flags.data === undefined) return tokenOfEnvironment(environment) ?? tokenInFolder(folder);
  return tokenInFolder(folder) ?? tokenOfEnvironment(environment);
}

function tokenOfEnvironment(environment: Environment): string | undefined {
  const file = present(environment.PARLEY_ADMIN_TOKENS);
  return present(environment.PARLEY_ADMIN_TOKEN) ?? (file === undefined ? undefined : bestTokenIn(file));
}

function tokenInFolder(folder: string | undefined): string | undefined {
  if (folder === undefined) return undefined;
  const file = join(folder, 'admin-tokens.json');
  return existsSync(file) ? bestTokenIn(file) : undefined;
}

/** The one that may do most. */
function bestTokenIn(file: string): string | undefined {
  try {
    const tokens = [...readTokens(file)];
    return tokens.sort((a, b) => ADMIN_ROLES.indexOf(b.role) - ADMIN_ROLES.indexOf(a.role))[0]?.token;
  } catch (error) {
    throw wrong(error instanceof Error ? error.message : String(error));
  }
}
