/** The shell blocks of a page in Markdown, and their commands. */

/** The fenced blocks of a language under a heading of the second level. Throws when there is no such heading. */
export function blocksOf(language: string, page: string, heading: string): readonly string[] {
  const section = `\n${page}`.split(/\n## /).find((part) => part.startsWith(`${heading}\n`));
  if (section === undefined) throw new Error(`there is no section "${heading}"`);
  const fenced = new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm');
  return [...section.matchAll(fenced)].map(([, block]) => block ?? '');
}

export const shellBlocks = (page: string, heading: string): readonly string[] => blocksOf('sh', page, heading);

/** A block's commands, one a line, without what is said beside them. */
export function commandsOf(block: string): readonly string[] {
  return block
    .split('\n')
    .map((line) => line.replace(/(^|\s)# .*$/, '').trim())
    .filter((line) => line !== '');
}
