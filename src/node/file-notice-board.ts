/** The notice of the embedded form: a file in the data folder. */
import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ParleyError } from '../core/errors.js';
import { type NoticeBoard, noticeOf, type StandingNotice } from '../core/notice.js';

const FILE = 'notice.json';

export class FileNoticeBoard implements NoticeBoard {
  private readonly path: string;
  private standing: StandingNotice | undefined;
  private readonly listeners = new Set<() => void>();

  constructor(folder: string) {
    this.path = join(folder, FILE);
    this.standing = read(this.path);
  }

  notice(): StandingNotice | undefined {
    return this.standing;
  }

  onNotice(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  setNotice(next: StandingNotice | undefined): Promise<void> {
    try {
      if (next === undefined) rmSync(this.path, { force: true });
      else {
        writeFileSync(`${this.path}.new`, JSON.stringify(next));
        renameSync(`${this.path}.new`, this.path);
      }
    } catch (cause) {
      return Promise.reject(new ParleyError('unavailable', { sentence: 'The notice cannot be written down.', cause }));
    }
    this.standing = next;
    for (const listener of this.listeners) listener();
    return Promise.resolve();
  }
}

function read(path: string): StandingNotice | undefined {
  try {
    return noticeOf(readFileSync(path, 'utf8'));
  } catch {
    return undefined; // there is none
  }
}
