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
