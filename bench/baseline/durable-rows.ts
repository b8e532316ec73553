import { open } from 'lmdb';

/** What a durable chat writes at the least: a row of the log, a row of the recipient's inbox, on disk. Or the log alone. */
export class DurableRows {
  private readonly database;
  private readonly collectMs: number;
  private readonly rowsAMessage: 1 | 2;
  private waiting: { to: number; body: Buffer; done: () => void }[] = [];
  private flushing = false;
  private logSeq = 0;
  private inboxSeq = 0;

  /** `collectMs`: how long a group of messages is collected before it is written; 0 = while the one before syncs. */
  constructor(folder: string, collectMs: number, rowsAMessage: 1 | 2 = 2) {
    this.collectMs = collectMs;
    this.rowsAMessage = rowsAMessage;
    this.database = open<Buffer, Buffer>({
      path: folder,
      // Without this a write is resolved before it is on disk.
      overlappingSync: false,
      keyEncoding: 'binary',
      encoding: 'binary',
      compression: false,
    });
  }

  /** Calls `done` once its rows are synced. `body` is kept until then. */
  write(to: number, body: Buffer, done: () => void): void {
    this.waiting.push({ to, body, done });
    if (this.flushing) return;
    this.flushing = true;
    this.flushSoon();
  }

  private flushSoon(): void {
    if (this.collectMs > 0) setTimeout(() => void this.flush(), this.collectMs);
    else setImmediate(() => void this.flush());
  }

  private async flush(): Promise<void> {
    const group = this.waiting;
    this.waiting = [];
    let written: Promise<boolean> | undefined;
    for (const { to, body } of group) {
      written = this.database.put(rowKey(0, to, ++this.logSeq), body);
      if (this.rowsAMessage === 2) written = this.database.put(rowKey(1, to, ++this.inboxSeq), body);
    }
    await written;
    for (const { done } of group) done();
    if (this.waiting.length > 0) this.flushSoon();
    else this.flushing = false;
  }
}

function rowKey(table: number, user: number, seq: number): Buffer {
  const key = Buffer.allocUnsafe(9);
  key.writeUInt8(table, 0);
  key.writeUInt32BE(user, 1);
  key.writeUInt32BE(seq, 5);
  return key;
}
