/** A file that is there whole, or as it was before: nobody takes half of an export for all of it. */
import { realpathSync, rmSync, type Stats, statSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { randomName, systemRandom } from '../src/core/random.js';
import { CommandFailure, EXIT } from './exit-codes.js';

const NAME_CHARACTERS = 8;

/**
 * Writes the texts to a new file beside `path`, which its owner alone may read, and puts it in the place of `path` at the end. When
 * that fails, when `texts` does, or on Ctrl-C, `path` is as it was. Rejects with CommandFailure, or as `texts` does; where no
 * file can be, before the first text is asked for.
 */
export async function writeWhole(path: string, texts: AsyncIterable<string>): Promise<void> {
  const written = <Value>(work: Promise<Value>): Promise<Value> => work.catch((error: unknown) => refuse(path, error));
  const target = placeOf(path);
  const draft = `${target}.${randomName(systemRandom, NAME_CHARACTERS)}.part`;
  const file = await written(open(draft, 'wx', 0o600));
  const interrupted = (signal: NodeJS.Signals): void => {
    rmSync(draft, { force: true });
    process.kill(process.pid, signal); // nobody listens any more
  };
  process.once('SIGINT', interrupted).once('SIGTERM', interrupted);
  try {
    for await (const text of texts) await written(file.writeFile(text));
    await written(file.sync());
    await written(rename(draft, target));
  } finally {
    await file.close();
    await rm(draft, { force: true });
    process.off('SIGINT', interrupted).off('SIGTERM', interrupted);
  }
}

/** What the path leads to. Throws CommandFailure when that is there and no file: a device would be replaced by one. */
function placeOf(path: string): string {
  if (path === '') throw new CommandFailure(EXIT.usage, 'The name of the file is empty.');
  let found: Stats | undefined;
  try {
    found = statSync(path, { throwIfNoEntry: false });
  } catch (error) {
    refuse(path, error);
  }
  if (found === undefined) return path;
  if (!found.isFile()) throw new CommandFailure(EXIT.failed, `${path} is there and is no file.`);
  return realpathSync(path);
}

function refuse(path: string, error: unknown): never {
  const reason = error instanceof Error ? error.message : String(error);
  throw new CommandFailure(EXIT.failed, `${JSON.stringify(path)} cannot be written: ${reason}.`);
}
