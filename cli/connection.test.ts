import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addToken } from '../src/admin/tokens.js';
import { seededRandom } from '../src/core/random.js';
import { connectionOf } from './connection.js';

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
