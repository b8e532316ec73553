/**
 * What `parley` takes as a command of a server, which src/node/main.ts reads; every other word is for operators. Known without
 * the code of either. Tests compare it with both.
 */
export const SERVER_COMMANDS: readonly string[] = [
  ...['gateway', 'node', 'api', 'push', 'admin'],
  ...['migrate', 'reindex', 'keys', 'vapid'],
];

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
