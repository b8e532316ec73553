import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addToken } from '../src/admin/tokens.js';
import { seededRandom } from '../src/core/random.js';
import { type Connection, channelOf } from './channel.js';
import { type ConnectionFlags, connectionOf } from './connection.js';
import { CommandFailure, EXIT } from './exit-codes.js';

const random = seededRandom(11);
let place: string;
/** The data folder's, and what it holds. */
let data: string;
let folderToken: string;
const TOKEN = 'a-token-of-flags';

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'parley-connection-'));
  data = place;
  folderToken = addToken(join(data, 'admin-tokens.json'), 'root', 'admin', random);
  writeFileSync(join(data, 'admin-address'), '127.0.0.1:5001\n');
});
afterEach(() => rmSync(place, { recursive: true }));

function refusalOf(flags: ConnectionFlags, environment: NodeJS.ProcessEnv = {}): CommandFailure {
  try {
    connectionOf(flags, environment);
  } catch (error) {
    if (error instanceof CommandFailure) return error;
  }
  throw new Error('nothing was refused');
}

describe('a certificate', () => {
  it('takes the place of a token, unless a flag names one', () => {
    const shown = { data, cert: 'op.pem', key: 'op.key', ca: 'ca.pem' };
    const environment = { PARLEY_ADMIN_TOKEN: 'of-the-environment' };
    expect(connectionOf(shown, environment)).toMatchObject({ cert: 'op.pem', token: undefined });
    expect(connectionOf({ ...shown, token: TOKEN }, {})).toMatchObject({ token: TOKEN });
    const tokenFile = join(data, 'admin-tokens.json');
    expect(connectionOf({ ...shown, tokenFile }, {})).toMatchObject({ token: folderToken });
  });
});

describe('where, and with which token', () => {
  it('is said by the data folder, which the environment may name', () => {
    const ofFolder = { address: '127.0.0.1:5001', token: folderToken };
    expect(connectionOf({ data }, {})).toMatchObject(ofFolder);
    expect(connectionOf({}, { PARLEY_DATA: data })).toMatchObject(ofFolder);
    expect(connectionOf({ data: join(place, 'none') }, { PARLEY_DATA: data })).toMatchObject({ token: undefined });
  });

  it('is said by the environment rather than by a folder that no flag names', () => {
    const environment = { PARLEY_DATA: data, PARLEY_ADMIN_ADDRESS: '127.0.0.1:5002', PARLEY_ADMIN_TOKEN: TOKEN };
    expect(connectionOf({}, environment)).toMatchObject({ address: '127.0.0.1:5002', token: TOKEN });
    const tokens = { PARLEY_ADMIN_TOKENS: join(data, 'admin-tokens.json') };
    expect(connectionOf({ data: join(place, 'none') }, tokens)).toMatchObject({ token: folderToken });
  });

  it('is said by flags before all else', () => {
    const environment = { PARLEY_ADMIN_ADDRESS: '127.0.0.1:5002', PARLEY_ADMIN_TOKEN: 'of-the-environment' };
    const tokenFile = join(place, 'others.json');
    const other = addToken(tokenFile, 'eve', 'viewer', random);
    expect(connectionOf({ data, tokenFile }, environment)).toMatchObject({ address: '127.0.0.1:5001', token: other });
    expect(connectionOf({ data }, environment)).toMatchObject({ address: '127.0.0.1:5001', token: folderToken });
    const flags = { data, address: '127.0.0.1:5003', token: TOKEN, tokenFile };
    expect(connectionOf(flags, environment)).toMatchObject({ address: '127.0.0.1:5003', token: TOKEN });
  });

  it('is not said by an empty variable', () => {
    const environment = { PARLEY_ADMIN_ADDRESS: '', PARLEY_ADMIN_TOKEN: '', PARLEY_ADMIN_TOKENS: '' };
    const ofFolder = { address: '127.0.0.1:5001', token: folderToken };
    expect(connectionOf({}, { ...environment, PARLEY_DATA: data })).toMatchObject(ofFolder);
  });

  it('is the usual place without a token where nothing says it', () => {
    const nowhere = { data: join(place, 'none') };
    expect(connectionOf(nowhere, {})).toMatchObject({ address: '127.0.0.1:9090', token: undefined });
  });
});

describe('a token', () => {
  const far = 'chat.example.org:9090';

  it('of a data folder is shown to nobody but the Parley of that folder, and on this machine', () => {
    for (const address of ['localhost:7000', '127.0.0.1:7000', '[::1]:7000'])
      expect(connectionOf({ data, address }, {})).toMatchObject({ address, token: folderToken });
    expect(connectionOf({ data, address: far, ca: 'ca.pem' }, {})).toMatchObject({ address: far, token: undefined });
    const environment = { PARLEY_DATA: data, PARLEY_ADMIN_ADDRESS: far };
    expect(connectionOf({}, environment)).toMatchObject({ address: far, token: undefined });
    expect(connectionOf({ token: TOKEN, ca: 'ca.pem' }, environment)).toMatchObject({ address: far, token: TOKEN });
    writeFileSync(join(data, 'admin-address'), '10.0.0.7:5001\n');
    expect(connectionOf({ data, ca: 'ca.pem' }, {})).toMatchObject({ address: '10.0.0.7:5001', token: folderToken });
  });

  it('leaves this machine by TLS only', () => {
    const tls = { exitCode: EXIT.usage, message: expect.stringContaining('by TLS only: give --ca') as string };
    expect(refusalOf({ data, address: far, token: TOKEN })).toMatchObject(tls);
    expect(refusalOf({ address: far }, { PARLEY_ADMIN_TOKEN: TOKEN })).toMatchObject(tls);
    writeFileSync(join(data, 'admin-address'), '10.0.0.7:5001\n');
    expect(refusalOf({ data })).toMatchObject(tls);
  });
});

describe('what is no connection', () => {
  it('is refused as wrong usage: an address without a port', () => {
    for (const address of ['here', ':9090', 'here:99999', '::1:9090', 'http://here:9090']) {
      const message = `The address "${address}" is not host:port.`;
      expect(refusalOf({ address })).toMatchObject({ exitCode: EXIT.usage, message });
    }
  });

  it('is refused as wrong usage: half a certificate, an empty flag, a token that no header holds', () => {
    const cases: readonly (readonly [ConnectionFlags, string])[] = [
      [{ cert: 'op.pem' }, 'A certificate needs both --cert and --key.'],
      [{ key: 'op.key' }, 'A certificate needs both --cert and --key.'],
      [{ address: '' }, '--address is empty.'],
      [{ tokenFile: '' }, '--token-file is empty.'],
      [{ token: 'two\nlines' }, 'What is named as the token is none.'],
    ];
    for (const [flags, message] of cases) expect(refusalOf(flags)).toMatchObject({ exitCode: EXIT.usage, message });
  });
});

describe('the files of TLS', () => {
  const plain = { address: '127.0.0.1:1', token: undefined, ca: undefined, cert: undefined, key: undefined };

  it('are refused as wrong usage when they cannot be read, or hold something else', () => {
    const other = join(place, 'other.pem');
    writeFileSync(other, 'no PEM');
    const refuse = (files: Partial<Connection>) => () => channelOf({ ...plain, ...files });
    expect(refuse({ ca: join(place, 'none.pem') })).toThrow(/^--ca: there is nothing to read at .*none\.pem\.$/);
    expect(refuse({ cert: other, key: place })).toThrow(/^--key: there is nothing to read at /);
    expect(refuse({ cert: other, key: other })).toThrow(/^--cert and --key cannot be used: /);
    expect(refuse({ cert: other, key: other })).toThrow(CommandFailure);
  });
});
