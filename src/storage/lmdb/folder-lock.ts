/**
 * An exclusive lock on a folder that the operating system releases when its holder dies, however it dies, without
 * native code: Node offers neither flock nor fcntl. The holder listens on a Unix socket that lies in the folder,
 * `lock-N.sock`. Who can connect to it has met a living holder; who is refused (ECONNREFUSED) has found the remains of
 * a dead one, since the kernel closes a listener with its process. Unlike a process id in a file this cannot mistake
 * another process for the holder, and it holds between containers that share the folder.
 *
 * To bind a name is atomic, and a name that exists cannot be bound. So whoever finds only the dead binds the number
 * above the highest, and then looks again: if it meets anyone alive then, or misses its own socket, it gives up.
 * Of two at once at most one stays. See docs/adr/0003-lmdb.md for why that is enough.
 */
import { closeSync, openSync, readdirSync, statSync, unlinkSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';

const LOCK_NAME = /^lock-(\d+)\.sock$/;
/** The kernel's bound on the path of a Unix socket is 108 bytes, or 104. */
const SOCKET_PATH_BYTES_MAX = 103;

export const isLockFile = (name: string): boolean => LOCK_NAME.test(name);

export interface FolderLock {
  release(): Promise<void>;
}

/** Takes the lock, or answers undefined when another holds it. The folder must exist. */
export async function lockFolder(folder: string): Promise<FolderLock | undefined> {
  const sockets = openSocketFolder(folder);
  try {
    const lock = await takeLock(folder, sockets.path);
    if (lock === undefined) sockets.close();
    return (
      lock && {
        release: async () => {
          await lock.release();
          sockets.close();
        },
      }
    );
  } catch (error) {
    sockets.close();
    throw error;
  }
}

/** A path of the folder that is short enough for sockets: where it is too long itself, by way of an open descriptor. */
function openSocketFolder(folder: string): { path: string; close: () => void } {
  if (Buffer.byteLength(join(folder, 'lock-999999.sock')) <= SOCKET_PATH_BYTES_MAX) {
    return { path: folder, close: () => undefined };
  }
  const descriptor = openSync(folder, 'r');
  return { path: `/proc/self/fd/${descriptor}`, close: () => closeSync(descriptor) };
}

async function takeLock(folder: string, sockets: string): Promise<FolderLock | undefined> {
  const before = lockNumbers(folder);
  if (await anyAlive(sockets, before)) return undefined;
  const number = Math.max(0, ...before) + 1;
  const name = nameOf(number);
  const server = await listen(join(sockets, name));
  if (server === undefined) return undefined;
  const inode = inodeOf(join(folder, name));
  const others = lockNumbers(folder).filter((other) => other !== number);
  const alone = !(await anyAlive(sockets, others)) && inode !== undefined && inodeOf(join(folder, name)) === inode;
  const release = () => new Promise<void>((resolve) => server.close(() => resolve()));
  if (!alone) {
    await release();
    return undefined;
  }
  for (const other of others) unlinkIfThere(join(folder, nameOf(other)));
  return { release };
}

const nameOf = (number: number): string => `lock-${number}.sock`;

function lockNumbers(folder: string): number[] {
  return readdirSync(folder).flatMap((name) => {
    const number = LOCK_NAME.exec(name)?.[1];
    return number === undefined ? [] : [Number(number)];
  });
}

async function anyAlive(sockets: string, numbers: readonly number[]): Promise<boolean> {
  const answers = await Promise.all(numbers.map((number) => isAlive(join(sockets, nameOf(number)))));
  return answers.includes(true);
}

/** Alive is also whatever cannot be told: a full backlog, a socket one may not connect to. */
function isAlive(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path });
    socket.once('connect', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', (error: NodeJS.ErrnoException) => {
      resolve(error.code !== 'ECONNREFUSED' && error.code !== 'ENOENT');
    });
  });
}

/** Binds and listens; undefined when the name is there already. Does not keep the process alive. */
function listen(path: string): Promise<Server | undefined> {
  return new Promise((resolve, reject) => {
    const server = createServer((socket) => socket.destroy());
    server.once('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    server.listen({ path }, () => resolve(server));
    server.unref();
  });
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}

function unlinkIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOENT')) throw error;
  }
}
