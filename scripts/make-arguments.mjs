// What follows `ARGS=` of a `make` target: one table gives the options, their defaults and the help.
import { parseArgs } from 'node:util';

const USAGE_EXIT = 2;
const FLAG_COLUMN = 22;

/**
 * With `min` and `max` a whole number, with the default `false` a switch, else a text.
 * @typedef {{ default: string | number | boolean, description: string, min?: number, max?: number }} Argument
 */

/**
 * The values by name. Ends the process: with 0 after `--help`, with 2 and a sentence for what the table does not know.
 * @template {Record<string, Argument>} Table
 * @param {string} target such as `cluster`
 * @param {Table} table
 * @returns {{ [Name in keyof Table]: Table[Name]['default'] }}
 */
export function readMakeArguments(target, table) {
  try {
    const given = parse(table);
    if (given.help) {
      console.log(help(target, table));
      process.exit(0);
    }
    const entries = Object.entries(table).map(([name, argument]) => [name, checked(name, argument, given[name])]);
    return /** @type {any} */ (Object.fromEntries(entries));
  } catch (error) {
    const [sentence] = String(/** @type {Error} */ (error).message).split(/\.?\n|\. |\.$/); // Node goes on with what it advises
    console.error(`make ${target}: ${sentence}. ARGS=--help lists what there is.`);
    return process.exit(USAGE_EXIT);
  }
}

/** @returns {Record<string, unknown>} */
function parse(table) {
  const options = Object.entries({ help: { default: false }, ...table }).map(([name, argument]) => [
    name,
    { type: argument.default === false ? 'boolean' : 'string' },
  ]);
  return parseArgs({ options: Object.fromEntries(options) }).values;
}

function checked(name, argument, given = argument.default) {
  const { min, max } = argument;
  if (min === undefined) return given;
  const value = given === '' ? Number.NaN : Number(given);
  if (Number.isInteger(value) && value >= min && value <= max) return value;
  throw new Error(`--${name} is a whole number from ${min} to ${max}, not ${JSON.stringify(given)}.`);
}

function help(target, table) {
  const lines = Object.entries(table).map(([name, { default: otherwise, description }]) => {
    const shown = otherwise === false ? '' : ` (default: ${otherwise})`;
    return `  ${`--${name}`.padEnd(FLAG_COLUMN)}${description}${shown}`;
  });
  const [example = ''] = Object.keys(table);
  return [`make ${target} ARGS="--${example}=${table[example].default} …"`, ...lines].join('\n');
}
