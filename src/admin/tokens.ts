/** The tokens of operators: a file that its owner alone may read. Whoever has the file is an admin. */
import { createHash, timingSafeEqual } from 'node:crypto';
import {
  closeSync,
  existsSync,
  fchownSync,
  fstatSync,
  fsyncSync,
  openSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { ParleyError } from '../core/errors.js';
import type { Logger } from '../core/logger.js';
import { type Random, randomName } from '../core/random.js';
import { type AdminRole, isAdminRole, type Operator } from './roles.js';

/** 160 bits. */
const TOKEN_CHARACTERS = 32;
const DRAFT_CHARACTERS = 8;
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

/**
 * Adds a token to the file, which is made when it is missing and else stays its owner's, and returns it. A name has one token: its
 * old one ends.
 */
export function addToken(path: string, name: string, role: AdminRole, random: Random): string {
  if (!NAME.test(name)) throw invalid('The name of an operator is 1 to 64 letters, digits, dots, dashes, @ or _.');
  const others = existsSync(path) ? readTokens(path).filter((other) => other.name !== name) : [];
  if (others.length >= TOKENS_MAX) throw invalid(`The file holds ${TOKENS_MAX} tokens already.`);
  const token = randomName(random, TOKEN_CHARACTERS);
  const text = `${JSON.stringify({ tokens: [...others, { name, role, token }] }, undefined, 2)}\n`;
  replace(existsSync(path) ? realpathSync(path) : path, text, randomName(random, DRAFT_CHARACTERS));
  return token;
}

/** The server reads the file as another user than root, who may add to it. */
function replace(path: string, text: string, suffix: string): void {
  const owner = statSync(path, { throwIfNoEntry: false });
  const draft = `${path}.${suffix}.new`;
  const file = openSync(draft, 'wx', 0o600);
  try {
    if (owner !== undefined && owner.uid !== fstatSync(file).uid) fchownSync(file, owner.uid, owner.gid);
    writeFileSync(file, text);
    fsyncSync(file);
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  } finally {
    closeSync(file);
  }
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

interface KnownToken {
  readonly operator: Operator;
  readonly digest: Buffer;
}

function knownIn(path: string): readonly KnownToken[] {
  return readTokens(path).map(({ name, role, token }) => ({ operator: { name, role }, digest: sha256(token) }));
}

/** What changes with the file, with its mode too; undefined: there is none. */
function stateOf(path: string): string | undefined {
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats && [stats.ino, stats.size, stats.mtimeMs, stats.ctimeMs].join(' ');
}

/**
 * Knows whose a token is. Looks at the file again when it has changed, so that a token ends with its entry. While the file cannot
 * be used the tokens of before count on, and the log says so; without a file none does.
 */
export class TokenBook {
  private readonly path: string;
  private readonly logger: Logger;
  private state: string | undefined;
  private known: readonly KnownToken[];

  /** Throws `invalid_argument` when the file cannot be used. */
  constructor(path: string, logger: Logger) {
    this.path = path;
    this.logger = logger;
    this.state = stateOf(path);
    this.known = knownIn(path);
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
    const state = stateOf(this.path);
    if (state === this.state) return;
    this.state = state;
    try {
      this.known = knownIn(this.path);
    } catch (error) {
      if (state === undefined) this.known = [];
      // The sentence alone: the cause would quote the file.
      const reason = error instanceof Error ? error.message : String(error);
      this.logger.error(
        { reason, tokens: this.known.length },
        'the file of tokens cannot be used; those of before count',
      );
    }
  }
}
