import { readFileSync } from 'node:fs';

export interface Instruction {
  readonly name: string;
  readonly words: string;
}

/** The instructions of deploy/Dockerfile, each of which stands on a line of its own. */
export function dockerfile(): Instruction[] {
  const lines = readFileSync('deploy/Dockerfile', 'utf8').split('\n');
  return lines.flatMap((line) => {
    if (line === '' || line.startsWith('#')) return [];
    const [, name = '', words = ''] = /^([A-Z]+) (.+)$/.exec(line) ?? [];
    return [{ name, words }];
  });
}

/** Of the last stage, which is the image. */
export function image(): { readonly entrypoint: readonly string[]; readonly environment: Record<string, string> } {
  const all = dockerfile();
  const last = all.slice(all.findLastIndex(({ name }) => name === 'FROM'));
  const words = (wanted: string): string => last.find(({ name }) => name === wanted)?.words ?? '';
  return {
    entrypoint: JSON.parse(words('ENTRYPOINT')) as string[],
    environment: Object.fromEntries(
      words('ENV')
        .split(' ')
        .map((pair) => pair.split('=', 2) as [string, string]),
    ),
  };
}
