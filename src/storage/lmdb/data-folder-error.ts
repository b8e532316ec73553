export type RefusalReason = 'in_use' | 'newer' | 'foreign' | 'corrupt' | 'inaccessible';

/** Why a folder is not opened; its message is one sentence for whoever starts the process. The folder is as before. */
export class DataFolderError extends Error {
  readonly reason: RefusalReason;

  constructor(reason: RefusalReason, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = 'DataFolderError';
    this.reason = reason;
  }
}
