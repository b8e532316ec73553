import type { Command } from 'commander';
import type { AddCommands } from '../context.js';

/** Words of a command and of those below it, as a bash case. */
function cases(command: Command, path: string): string[] {
  const flags = command.options.flatMap(({ long }) => long ?? []);
  const words = [...command.commands.map((below) => below.name()), ...flags, '--help', '--json', '--data', '--address'];
  const own = `    "${path}") words="${[...new Set(words)].join(' ')}" ;;`;
  return [...command.commands.flatMap((below) => cases(below, `${path} ${below.name()}`.trim())), own];
}

function script(program: Command): string {
  return `# parley: source <(parley completion)
_parley() {
  local words path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) [ -z "$path" ] && path="$word" || path="$path $word" ;; esac
  done
  case "$path" in
${cases(program, '').join('\n')}
    *) words="--help --json" ;;
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _parley parley
`;
}

export const addCompletion: AddCommands = (program, bind) => {
  program
    .command('completion')
    .description('Completion for bash: source <(parley completion)')
    .action(
      bind(async () => {
        process.stdout.write(script(program));
      }),
    );
};
