import { ParleyError } from '../../core/errors.js';
import type { Directory } from '../directory.js';
import { type Call, type FromDirectory, METHODS, type Reply, type ToDirectory, toWireError } from './messages.js';

type Method = (...args: readonly unknown[]) => Promise<unknown>;

/**
 * Serves a directory to the other side of a link. Replies that become ready together leave together. Returns what takes
 * the messages that come in.
 */
export function serveDirectory(directory: Directory, send: (message: FromDirectory) => void) {
  let ready: Reply[] = [];
  const flush = (): void => {
    const replies = ready;
    ready = [];
    if (replies.length > 0) send({ type: 'replies', replies });
  };
  const answer = (reply: Reply): void => {
    if (ready.push(reply) === 1) setImmediate(flush);
  };
  return (message: ToDirectory): void => {
    if (message.type === 'calls') {
      for (const call of message.calls) void perform(directory, call).then(answer);
      return;
    }
    void directory.close().then(() => {
      setImmediate(() => {
        flush();
        send({ type: 'closed' });
      });
    });
  };
}

async function perform(directory: Directory, { id, area, method, args }: Call): Promise<Reply> {
  try {
    if (!Object.hasOwn(METHODS, area) || !Object.hasOwn(METHODS[area], method)) throw new ParleyError('unknown_type');
    const methods = directory[area] as unknown as Readonly<Record<string, Method>>;
    return { id, ok: true, value: await methods[method]?.(...args) };
  } catch (thrown) {
    return { id, ok: false, error: toWireError(thrown) };
  }
}
