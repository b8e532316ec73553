// Where this repository is, from the sources and from dist/ alike.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

function rootAbove(folder) {
  if (existsSync(join(folder, 'package.json'))) return folder;
  const parent = dirname(folder);
  if (parent === folder) throw new Error('not inside a work tree of Parley');
  return rootAbove(parent);
}

export const repositoryRoot = rootAbove(dirname(fileURLToPath(import.meta.url)));

/** A file of what is pinned for one server. */
export function pinnedFile(server, file = '') {
  return join(repositoryRoot, 'deploy', 'native', server, file);
}
