/** Whether a server or an operator's command is asked for: told without the code of either. A test compares the flags with the program. */
import { CLUSTER_ROLES, ENDING_COMMANDS } from '../src/node/server-commands.js';

export const SERVER_COMMANDS: readonly string[] = [...CLUSTER_ROLES, ...ENDING_COMMANDS];

/** The flags that stand before a command as well as after it. `--data` alone is a server's, too. */
export const VALUED_FLAGS: readonly string[] = [
  ...['--data', '--address', '--token', '--token-file'],
  ...['--ca', '--cert', '--key'],
];
export const PLAIN_FLAGS: readonly string[] = ['--json'];

/** By the first word that is neither flag nor a flag's value; without one by the flags. */
export function isForOperators(args: readonly string[]): boolean {
  let known = false;
  for (let at = 0; at < args.length; at++) {
    const [flag = '', value] = (args[at] ?? '').split('=', 2);
    if (!flag.startsWith('-')) return !SERVER_COMMANDS.includes(flag);
    const isValued = VALUED_FLAGS.includes(flag);
    if (!isValued && !PLAIN_FLAGS.includes(flag)) return known;
    known ||= flag !== '--data';
    if (isValued && value === undefined) at++;
  }
  return known;
}
