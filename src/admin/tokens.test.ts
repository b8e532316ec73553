import {
  chmodSync,
  chownSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { seededRandom } from '../core/random.js';
import { addToken, ensureTokenFile, readTokens, TokenBook } from './tokens.js';

let folder: string;
let file: string;
const random = seededRandom(7);
let said: [object, string][];
const logger = { error: (about: object, sentence: string) => said.push([about, sentence]) } as unknown as Logger;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-tokens-'));
  file = join(folder, 'tokens.json');
  said = [];
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

describe('a token that is added', () => {
  it('goes into the file that a link leads to, and the link stays', () => {
    ensureTokenFile(file, random);
    const link = join(folder, 'link.json');
    symlinkSync('tokens.json', link);
    addToken(link, 'eve', 'viewer', random);
    expect(lstatSync(link).isSymbolicLink()).toBe(true);
    expect(readTokens(file).map(({ name }) => name)).toEqual(['root', 'eve']);
  });

  it.runIf(process.getuid?.() === 0)('leaves the file to its owner, when root adds it', () => {
    ensureTokenFile(file, random);
    chownSync(file, 1234, 2345);
    addToken(file, 'eve', 'viewer', random);
    const { uid, gid, mode } = statSync(file);
    expect([uid, gid, mode & 0o777]).toEqual([1234, 2345, 0o600]);
  });

  it('is written through no link that somebody left where the draft is to be', () => {
    ensureTokenFile(file, random);
    const other = join(folder, 'other');
    writeFileSync(other, 'untouched');
    symlinkSync('other', `${file}.new`);
    addToken(file, 'eve', 'viewer', random);
    expect(readFileSync(other, 'utf8')).toBe('untouched');
    expect(readdirSync(folder).sort()).toEqual(['other', 'tokens.json', 'tokens.json.new']);
  });
});

describe('the book of tokens', () => {
  it('knows whose a token is, and forgets it once its entry has gone', () => {
    ensureTokenFile(file, random);
    const old = addToken(file, 'eve', 'viewer', random);
    const book = new TokenBook(file, logger);
    expect(book.whose(old)).toEqual({ name: 'eve', role: 'viewer' });
    expect(book.whose('')).toBeUndefined();
    const fresh = addToken(file, 'eve', 'operator', random);
    utimesSync(file, 1, 1);
    expect(book.whose(old)).toBeUndefined();
    expect(book.whose(fresh)).toEqual({ name: 'eve', role: 'operator' });
  });

  it('goes by what it knew while the file cannot be used, says so once, and nothing of what is in it', () => {
    const token = addToken(file, 'eve', 'viewer', random);
    const book = new TokenBook(file, logger);
    writeFileSync(file, `{"tokens":[{"token":"${token}"`);
    expect([book.whose(token), book.whose('other')]).toEqual([{ name: 'eve', role: 'viewer' }, undefined]);
    expect(said).toHaveLength(1);
    expect(JSON.stringify(said)).not.toContain(token.slice(0, 4));
    addToken(fresh(), 'oscar', 'operator', random);
    expect(book.whose(token)).toBeUndefined();
    expect(said).toHaveLength(1);
  });

  it('takes a file again that others may not read any more', () => {
    const book = new TokenBook(fresh(), logger);
    const token = addToken(file, 'oscar', 'operator', random);
    chmodSync(file, 0o644);
    expect(book.whose(token)).toBeUndefined();
    chmodSync(file, 0o600);
    expect(book.whose(token)).toEqual({ name: 'oscar', role: 'operator' });
  });

  it('knows nobody when there is no file any more, until there is one', () => {
    const token = addToken(file, 'eve', 'viewer', random);
    const book = new TokenBook(file, logger);
    rmSync(file);
    expect([book.whose(token), book.whose(token)]).toEqual([undefined, undefined]);
    expect(said).toHaveLength(1);
    const next = addToken(file, 'eve', 'viewer', random);
    expect(book.whose(next)).toEqual({ name: 'eve', role: 'viewer' });
  });
});

/** The file with the one token that is made first. */
function fresh(): string {
  rmSync(file, { force: true });
  ensureTokenFile(file, random);
  return file;
}
