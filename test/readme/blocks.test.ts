import { describe, expect, it } from 'vitest';
import { commandsOf, shellBlocks } from './blocks.js';

const PAGE =
  '# P\n\n## One\n\n```sh\nmake a   # does a\n```\n\n```ts\nlet x;\n```\n\n## Two\n\n```sh\n# nothing\nmake b\n```\n';

describe('the commands of a page', () => {
  it('are those of the shell blocks under one heading', () => {
    expect(shellBlocks(PAGE, 'One')).toEqual(['make a   # does a\n']);
    expect(shellBlocks(PAGE, 'Two').flatMap(commandsOf)).toEqual(['make b']);
    expect(() => shellBlocks(PAGE, 'Three')).toThrow('Three');
  });

  it('are read without the words beside them, and with what only looks like such', () => {
    expect(commandsOf('curl http://x/#y "a#b"  # z\n')).toEqual(['curl http://x/#y "a#b"']);
  });
});
