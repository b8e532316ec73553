import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { CommandFailure } from './exit-codes.js';
import { writeWhole } from './whole-file.js';

let folder: string;
let file: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'parley-whole-'));
  file = join(folder, 'export.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

async function* lines(...texts: readonly string[]): AsyncGenerator<string> {
  yield* texts;
}

async function* broken(): AsyncGenerator<string> {
  yield 'half\n';
  throw new Error('the server has gone');
}

describe('a file that is written whole', () => {
  it('is for its owner alone, also in the place of one that others could read', async () => {
    writeFileSync(file, 'old', { mode: 0o644 });
    await writeWhole(file, lines('one\n', 'two\n'));
    expect(readFileSync(file, 'utf8')).toBe('one\ntwo\n');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['export.jsonl']);
  });

  it('is as it was when what it is made of ends too early, and nothing is left beside it', async () => {
    writeFileSync(file, 'old');
    await expect(writeWhole(file, broken())).rejects.toThrow('the server has gone');
    expect(readFileSync(file, 'utf8')).toBe('old');
    expect(readdirSync(folder)).toEqual(['export.jsonl']);
    rmSync(file);
    await expect(writeWhole(file, broken())).rejects.toThrow('the server has gone');
    expect(readdirSync(folder)).toEqual([]);
  });

  it('is written where a link to it leads, and the link stays', async () => {
    const link = join(folder, 'link');
    writeFileSync(file, 'old');
    symlinkSync('export.jsonl', link);
    await writeWhole(link, lines('new'));
    expect(readFileSync(file, 'utf8')).toBe('new');
    expect(readdirSync(folder).sort()).toEqual(['export.jsonl', 'link']);
  });

  it('is refused with a sentence before anything is asked for, where none can be written', async () => {
    let asked = false;
    async function* records(): AsyncGenerator<string> {
      asked = true;
      yield '';
    }
    mkdirSync(file);
    for (const path of [join(folder, 'missing', 'file'), file, '/dev/null', '']) {
      const refusal = writeWhole(path, records());
      await expect(refusal).rejects.toThrow(CommandFailure);
      await expect(refusal).rejects.toThrow(/^[^\n]+\.$/);
    }
    expect(asked).toBe(false);
  });
});
