/** The operators' API. */
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AdminAddress, addressText, hostToReach, parseAdminAddress } from '../admin/address.js';
import { startAdmin } from '../admin/admin.js';
import type { AdminDeps } from '../admin/deps.js';
import type { AdminListener, AdminTls } from '../admin/listener.js';
import { ensureTokenFile } from '../admin/tokens.js';
import { OperationsAsker } from '../cluster/operations/asker.js';
import { ParleyError } from '../core/errors.js';
import { systemRandom as random } from '../core/random.js';
import { type Options, OptionsError } from './option-table.js';
import type { Teardown } from './teardown.js';

const DEFAULT: AdminAddress = { host: '127.0.0.1', port: 9090 };
/** In the data folder: where the command line finds the API, and the tokens to show there. */
const ADDRESS_FILE = 'admin-address';
const TOKEN_FILE = 'admin-tokens.json';

export interface AdminParts extends Omit<AdminDeps, 'asker'> {
  readonly incarnation: string;
  readonly teardown: Teardown;
}

/** Throws OptionsError for what is no address. */
function addressOf(text: string): AdminAddress {
  const address = parseAdminAddress(text);
  if (address !== undefined) return address;
  throw new OptionsError(`The option admin-address cannot be "${text}": it is host:port, or off.`);
}

function tlsOf({ adminTlsCert, adminTlsKey, adminClientCa }: Options): AdminTls | undefined {
  if ((adminTlsCert === '') !== (adminTlsKey === ''))
    throw new OptionsError('TLS of the admin API needs both admin-tls-cert and admin-tls-key.');
  if (adminTlsCert === '') return undefined;
  return { certFile: adminTlsCert, keyFile: adminTlsKey, clientCaFile: adminClientCa || undefined };
}

/**
 * Makes the first token, listens, and, in the embedded form, leaves word of where in the data folder. Resolves to the address;
 * undefined: nowhere.
 */
export async function openAdmin(
  options: Options,
  folder: string | undefined,
  parts: AdminParts,
): Promise<string | undefined> {
  const addressFile = folder === undefined ? undefined : join(folder, ADDRESS_FILE);
  if (addressFile !== undefined) rmSync(addressFile, { force: true });
  if (options.adminAddress === 'off') return undefined;
  const tls = tlsOf(options);
  const tokenFile = options.adminTokens || join(folder ?? '.', TOKEN_FILE);
  ensureTokenFile(tokenFile, random);
  const { incarnation: name, bus, membership, board, clock } = parts;
  const asker = new OperationsAsker({ name, bus, membership, board, clock });
  await asker.start();
  const listen = (address: AdminAddress): Promise<AdminListener> =>
    startAdmin({ ...parts, asker }, { address, tls, tokenFile });
  const { host, listener } =
    options.adminAddress === ''
      ? await listenSomewhere(listen)
      : await listenAt(addressOf(options.adminAddress), listen);
  parts.teardown.add('admin API', () => listener.close());
  const address = addressText({ host: hostToReach(host), port: listener.port });
  if (addressFile !== undefined) leaveWord(addressFile, address, parts.teardown);
  return address;
}

/** Until the API is closed; what an end without a stop has left is taken away by the next start. */
function leaveWord(file: string, address: string, teardown: Teardown): void {
  writeFileSync(file, `${address}\n`);
  teardown.add('address of the admin API', async () => rmSync(file, { force: true }));
}

interface Listening {
  readonly host: string;
  readonly listener: AdminListener;
}

async function listenAt(
  address: AdminAddress,
  listen: (address: AdminAddress) => Promise<AdminListener>,
): Promise<Listening> {
  return { host: address.host, listener: await listen(address) };
}

/** Nobody asked for a port: the usual one, or, beside another Parley on this machine, a free one. */
async function listenSomewhere(listen: (address: AdminAddress) => Promise<AdminListener>): Promise<Listening> {
  try {
    return await listenAt(DEFAULT, listen);
  } catch (error) {
    if (!(error instanceof ParleyError) || error.kind !== 'unavailable') throw error;
    return listenAt({ ...DEFAULT, port: 0 }, listen);
  }
}
