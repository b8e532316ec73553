/** The tokens of operators: a file that its owner alone may read. Whoever has the file is an admin. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { ParleyError } from '../core/errors.js';
import { type Random, randomName } from '../core/random.js';
import { type AdminRole, isAdminRole, type Operator } from './roles.js';

/** 160 bits. */
const TOKEN_CHARACTERS = 32;
const NAME = /^[A-Za-z0-9._@-]{1,64}$/;
const TOKENS_MAX = 1_000;

export interface AdminToken extends Operator {
  readonly token: string;
}

const sha256 = (text: string): Buffer => createHash('sha256').update(text).digest();

/** Makes the file with one token of an admin, unless it is there. */
export function ensureTokenFile(path: string, random: Random): void {
  if (!existsSync(path)) addToken(path, 'root', 'admin', random);
}

/** Adds a token to the file, which is made when it is missing, and returns it. A name has one token: its old one ends. */
export function addToken(path: string, name: string, role: AdminRole, random: Random): string {
  if (!NAME.test(name)) throw invalid('The name of an operator is 1 to 64 letters, digits, dots, dashes, @ or _.');
  const others = existsSync(path) ? readTokens(path).filter((other) => other.name !== name) : [];
  if (others.length >= TOKENS_MAX) throw invalid(`The file holds ${TOKENS_MAX} tokens already.`);
  const token = randomName(random, TOKEN_CHARACTERS);
  const draft = `${path}.new`;
  writeFileSync(draft, `${JSON.stringify({ tokens: [...others, { name, role, token }] }, undefined, 2)}\n`, {
    mode: 0o600,
  });
  chmodSync(draft, 0o600);
  renameSync(draft, path);
  return token;
}

/** Throws `invalid_argument` with one sentence for a file that cannot be read, or that others may read. */
export function readTokens(path: string): readonly AdminToken[] {
  const tokens = parse(path);
  if ((statSync(path).mode & 0o077) !== 0)
    throw invalid(`The file of tokens ${path} may be read by others: chmod 600 it.`);
  return tokens;
}

function parse(path: string): readonly AdminToken[] {
  let tokens: unknown;
  try {
    tokens = (JSON.parse(readFileSync(path, 'utf8')) as { tokens?: unknown }).tokens;
  } catch (cause) {
    throw invalid(`The file of tokens ${path} cannot be read.`, cause);
  }
  if (!Array.isArray(tokens)) throw invalid(`The file of tokens ${path} holds no list of tokens.`);
  return tokens.map((entry: unknown) => {
    const { name, role, token } = (entry ?? {}) as Record<string, unknown>;
    if (typeof name !== 'string' || typeof token !== 'string' || token.length < 16 || !isAdminRole(role))
      throw invalid(`The file of tokens ${path} has an entry without name, role (viewer, operator, admin) or token.`);
    return { name, role, token };
  });
}

function invalid(sentence: string, cause?: unknown): ParleyError {
  return new ParleyError('invalid_argument', { sentence, cause });
}

/** Knows whose a token is. Looks at the file again when it has changed, so that a token ends with its entry. */
export class TokenBook {
  private readonly path: string;
  private changedAtMs = Number.NaN;
  private known: readonly { readonly operator: Operator; readonly digest: Buffer }[] = [];

  /** Throws `invalid_argument` when the file cannot be used. */
  constructor(path: string) {
    this.path = path;
    this.look();
  }

  /** Undefined: nobody's. Takes as long whatever the token is. */
  whose(token: string): Operator | undefined {
    this.look();
    const digest = sha256(token);
    let found: Operator | undefined;
    for (const known of this.known) if (timingSafeEqual(known.digest, digest)) found = known.operator;
    return found;
  }

  private look(): void {
    const changedAtMs = statSync(this.path, { throwIfNoEntry: false })?.mtimeMs ?? Number.NaN;
    if (changedAtMs === this.changedAtMs) return;
    this.known = readTokens(this.path).map(({ name, role, token }) => ({
      operator: { name, role },
      digest: sha256(token),
    }));
    this.changedAtMs = changedAtMs;
  }
}
