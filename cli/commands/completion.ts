import type { Command } from 'commander';
import { serverCommand } from '../../src/node/read-options.js';
import { CLUSTER_ROLES, ENDING_COMMANDS, type EndingCommand } from '../../src/node/server-commands.js';
import type { AddCommands } from '../context.js';

/** A command as bash knows it: what it is called, what may come next, and which of its flags take a value. */
interface Place {
  readonly path: string;
  readonly words: readonly string[];
  readonly valued: readonly string[];
}

const flagsOf = ({ options }: Command, ofAll = true): string[] =>
  options.filter(({ required }) => ofAll || required).flatMap(({ long }) => long ?? []);

/** A command and those below it. `flags`: those of all commands. */
function placesOf(command: Command, path: string, flags: readonly string[]): Place[] {
  const names = command.commands.map((below) => below.name());
  const words = [...names, ...new Set([...flagsOf(command), ...flags, '--help'])];
  const below = command.commands.flatMap((one) => placesOf(one, `${path} ${one.name()}`.trim(), flags));
  return [{ path, words, valued: flagsOf(command, false) }, ...below];
}

const ENDING_PLACES: Readonly<Record<EndingCommand, () => readonly Place[]>> = {
  migrate: () => placesOf(serverCommand('migrate'), 'migrate', []),
  reindex: () => [
    ...placesOf(serverCommand('reindex'), 'reindex', []).map((place) => ({
      ...place,
      words: ['node', ...place.words],
    })),
    ...placesOf(serverCommand('node'), 'reindex node', []),
  ],
  keys: () => [{ path: 'keys', words: ['--public'], valued: [] }],
  vapid: () => [{ path: 'vapid', words: [], valued: [] }],
};

/** What `parley` takes besides the commands of operators. */
function serverPlaces(): Place[] {
  const roles = CLUSTER_ROLES.flatMap((role) => placesOf(serverCommand(role), role, []));
  return [...roles, ...ENDING_COMMANDS.flatMap((name) => ENDING_PLACES[name]())];
}

/**
 * A script for bash, for `parley` and for `npx parley`. Words after a command that are none are arguments; where a flag's value is
 * due, and for whatever else npx runs, files are offered.
 */
export function completionScript(program: Command): string {
  const [top, ...operators] = placesOf(program, '', flagsOf(program));
  const [all] = placesOf(serverCommand('all'), '', []);
  const places = [...operators, ...serverPlaces()];
  const starts = places.flatMap(({ path }) => (path.includes(' ') ? [] : path));
  const first = [...new Set([...starts, ...(top?.words ?? []), ...(all?.words ?? [])])];
  const valued = [top, all, ...places].flatMap((place) => place?.valued ?? []);
  const cases = [{ path: '', words: first }, ...places].map(
    ({ path, words }) => `    "${path}") words="${words.join(' ')}" ;;`,
  );
  return `# parley: source <(npx parley completion)
_parley() {
  local words="" path="" word value=""
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    if [ -n "$value" ]; then
      [ "$word" = "=" ] || value=""
      continue
    fi
    case "$word" in
      ${[...new Set(valued)].join('|')}) value="$word" ;;
      *) case "\${path:+$path }$word" in
        ${places.map(({ path }) => `"${path}"`).join('|')}) path="\${path:+$path }$word" ;;
      esac ;;
    esac
  done
  COMPREPLY=()
  [ -z "$value" ] || return
  case "$path" in
${cases.join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
_parley_by_npx() {
  COMPREPLY=()
  [ "$COMP_CWORD" -gt 1 ] && [ "\${COMP_WORDS[1]}" = parley ] || return
  COMP_WORDS=("\${COMP_WORDS[@]:1}")
  COMP_CWORD=$((COMP_CWORD - 1))
  _parley
}
complete -o default -F _parley parley
complete -o default -F _parley_by_npx npx
`;
}

export const addCompletion: AddCommands = (program, bind) => {
  program
    .command('completion')
    .description('Completion for bash, of parley and of npx parley: source <(npx parley completion)')
    .action(
      bind(async () => {
        process.stdout.write(completionScript(program));
      }),
    );
};
