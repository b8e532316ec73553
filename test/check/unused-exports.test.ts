import { describe, expect, it } from 'vitest';
import { unusedExports } from '../../scripts/unused-exports.mjs';

/** The names that are complained of, in these files and one more. */
function unused(importer: string, exporter: string, path = 'src/room/one.ts'): string[] {
  const files = new Map([
    [path, exporter],
    ['src/two.ts', importer],
  ]);
  return unusedExports(files, 'client/index.ts').map((sentence) => / imports (\w+):/.exec(sentence)?.[1] ?? sentence);
}

const EXPORTS = [
  'export const constant = 1;',
  'export async function work() {}',
  'export abstract class Room {}',
  'const told = 2;',
  'export { told as said, type Form };',
  'export interface Shape {}',
].join('\n');

describe('an export that no other file imports', () => {
  it('is found, whatever it declares, types apart', () => {
    expect(unused('', EXPORTS)).toEqual(['constant', 'work', 'Room', 'said']);
    expect(unused("import { constant } from './room/other.js';\n", EXPORTS)).toContain('constant');
    expect(unused('', "import { two } from '../two.js';\nexport const one = two;\n")).toEqual(['one']);
  });

  it('is none when it is imported: by name, under another, as a type, handed on, or in a comment', () => {
    const importer = [
      'import {\n  constant as number,\n  type Room,\n} from "./room/one.js";',
      'export { said } from "./room/one.js";',
      '/** @type {import("./room/one.js").work} */',
    ]
      .join('\n')
      .replaceAll('"', "'");
    expect(unused(importer, EXPORTS)).toEqual(['said']); // the second one, which nobody takes from there
    const [complaint] = unusedExports(
      new Map([
        ['src/room/one.ts', EXPORTS],
        ['src/two.ts', importer],
      ]),
      '',
    );
    expect(complaint).toBe('src/two.ts: no other file imports said: it needs no export');
  });

  it('is none in a module that is imported whole, or is the entry of the SDK', () => {
    for (const importer of ["import * as one from './room/one.js';\n", "const one = await import('./room/one.js');\n"])
      expect(unused(importer, EXPORTS)).toEqual([]);
    expect(unused('', EXPORTS, 'client/index.ts')).toEqual([]);
  });

  it('is looked for in pages and scripts, too', () => {
    expect(unused("import { One } from './room/one.js';\n", 'export function One() {}\n', 'src/room/one.tsx')).toEqual(
      [],
    );
    expect(unused("import { one } from './room/one.mjs';\n", 'export const one = 1;\n', 'src/room/one.mjs')).toEqual(
      [],
    );
  });
});
