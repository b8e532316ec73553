import { chmodSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { seededRandom } from '../core/random.js';
import { addToken, ensureTokenFile, readTokens, TokenBook } from './tokens.js';

let folder: string;
let file: string;
const random = seededRandom(7);

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-tokens-'));
  file = join(folder, 'tokens.json');
});
afterEach(() => rmSync(folder, { recursive: true }));

describe('the file of tokens', () => {
  it('is made with one token of an admin, for its owner alone, and left alone afterwards', () => {
    ensureTokenFile(file, random);
    const made = readTokens(file);
    ensureTokenFile(file, random);
    expect(readTokens(file)).toEqual(made);
    expect(made).toMatchObject([
      { name: 'root', role: 'admin', token: expect.stringMatching(/^[a-z2-7]{32}$/) as string },
    ]);
    expect(statSync(file).mode & 0o777).toBe(0o600);
  });

  it('is refused when others may read it, when it is damaged, and when an entry lacks its role', () => {
    ensureTokenFile(file, random);
    chmodSync(file, 0o644);
    expect(() => readTokens(file)).toThrow(ParleyError);
    chmodSync(file, 0o600);
    for (const text of ['', '{}', '{"tokens":[{"name":"a","token":"0123456789abcdef","role":"king"}]}']) {
      writeFileSync(file, text);
      expect(() => readTokens(file)).toThrow(ParleyError);
    }
  });
});

describe('the book of tokens', () => {
  it('knows whose a token is, and forgets it once its entry has gone', () => {
    ensureTokenFile(file, random);
    const old = addToken(file, 'eve', 'viewer', random);
    const book = new TokenBook(file);
    expect(book.whose(old)).toEqual({ name: 'eve', role: 'viewer' });
    expect(book.whose('')).toBeUndefined();
    const fresh = addToken(file, 'eve', 'operator', random);
    utimesSync(file, 1, 1);
    expect(book.whose(old)).toBeUndefined();
    expect(book.whose(fresh)).toEqual({ name: 'eve', role: 'operator' });
  });
});
