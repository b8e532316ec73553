/** The shell blocks of a page in Markdown, and their commands. */

const FENCED = /^```sh\n([\s\S]*?)^```/gm;

/** The fenced `sh` blocks under a heading of the second level. Throws when there is no such heading. */
export function shellBlocks(page: string, heading: string): readonly string[] {
  const section = `\n${page}`.split(/\n## /).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`there is no section "${heading}"`);
  return [...section.matchAll(FENCED)].map(([, block]) => block ?? '');
}

/** A block's commands, one a line, without what is said beside them. */
export function commandsOf(block: string): readonly string[] {
  return block
    .split('\n')
    .map((line) => line.replace(/(^|\s)# .*$/, '').trim())
    .filter((line) => line !== '');
}
