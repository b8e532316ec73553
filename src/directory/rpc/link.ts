import type { FromDirectory, ToDirectory } from './messages.js';

/** A way to a directory that works elsewhere: messages arrive in order, each once, until `lost` is called. */
export interface DirectoryLink {
  send(message: ToDirectory): void;
  /** To be called once, before the first `send`. `lost` says that nothing more will come. */
  listen(receive: (message: FromDirectory) => void, lost: (cause: Error) => void): void;
}
