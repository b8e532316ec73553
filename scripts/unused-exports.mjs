// Which functions, constants and classes are exported and imported by no other file. It reads the code as the formatter leaves it.
import { posix } from 'node:path';

const DECLARED = /^export (?:async )?(?:function\*?|const|let|(?:abstract )?class) (\w+)/gm;
const LISTED = /^export \{([^}]*)\}/gm;
const IMPORTED = /^(?:import|export) (?:type )?(?:\w+, )?(?:\{([^}]*)\}|\*(?: as \w+)?) from '(\.[^']+)'/gm;
/** Also the types of comments. */
const IMPORTED_INLINE = /\bimport\(\s*'(\.[^']+)',?\s*\)(?:\.(?!then\b)(\w+))?/g;

/**
 * As sentences.
 * @param {ReadonlyMap<string, string>} files texts by path
 * @param {string} entry what it exports is for others
 * @returns {string[]}
 */
export function unusedExports(files, entry) {
  const imported = new Set([...files].flatMap(([file, text]) => importsOf(file, text, files)));
  return [...files].flatMap(([file, text]) => {
    if (file === entry || imported.has(`${file} *`)) return [];
    const unused = exportsOf(text).filter((name) => !imported.has(`${file} ${name}`));
    return unused.map((name) => `${file}: no other file imports ${name}: it needs no export`);
  });
}

/** @param {string} text */
function exportsOf(text) {
  const declared = [...text.matchAll(DECLARED)].map(([, name = '']) => name);
  const listed = [...text.matchAll(LISTED)].flatMap(([, list = '']) => namesOf(list, 'last'));
  return [...declared, ...listed];
}

/**
 * Each as the file and, behind a space, the name, or `*` for all that it exports.
 * @param {string} file
 * @param {string} text
 * @param {ReadonlyMap<string, string>} files
 */
function importsOf(file, text, files) {
  /** @param {string} module */
  const fileOf = (module) => {
    const path = posix.join(posix.dirname(file), module);
    const source = path.replace(/\.js$/, '.ts');
    return [source, `${source}x`, path].find((candidate) => files.has(candidate));
  };
  const whole = [...text.matchAll(IMPORTED)].flatMap(([, list, module = '']) =>
    (list === undefined ? ['*'] : namesOf(list, 'first')).map((name) => `${fileOf(module)} ${name}`),
  );
  const inline = [...text.matchAll(IMPORTED_INLINE)].map(([, module = '', name = '*']) => `${fileOf(module)} ${name}`);
  return [...whole, ...inline];
}

/**
 * The names of `a, type B, c as d`; types of an export's list are left out.
 * @param {string} list
 * @param {'first' | 'last'} side of an `as`
 */
function namesOf(list, side) {
  const words = list.split(',').map((item) => item.trim());
  return words
    .filter((item) => item !== '' && !(side === 'last' && item.startsWith('type ')))
    .map((item) => {
      const [first = '', last = first] = item.replace(/^type /, '').split(' as ');
      return side === 'first' ? first : last;
    });
}
