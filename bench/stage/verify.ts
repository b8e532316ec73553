/** The product's own `parley verify`, which looks at inboxes, of which a load only sees what reached the sockets. */
import { execFile } from 'node:child_process';
import { LIMITS } from '../../src/core/limits.js';

const PARLEY = new URL('../../cli/parley.js', import.meta.url).pathname;
const WITHIN_MS = 300_000;
const OUTPUT_BYTES_MAX = 16 * 1024 * 1024;

export interface StoreVerdict {
  readonly usersDone: number;
  readonly channels: number;
  readonly positions: number;
  readonly breachesFound: number;
  /** The first of them. */
  readonly breaches: readonly {
    readonly guarantee: string;
    readonly log: string;
    readonly seq: number;
    readonly text: string;
  }[];
}

/** Of an embedded Parley that runs on this folder; rejects with what the command said when it could not look at all. */
export function verifyFolder(data: string): Promise<StoreVerdict> {
  const args = [PARLEY, '--data', data, '--json', 'verify', '--rate', String(LIMITS.verifyPositionsPerSecondMax)];
  return new Promise((resolve, reject) => {
    execFile(process.execPath, args, { timeout: WITHIN_MS, maxBuffer: OUTPUT_BYTES_MAX }, (error, output, said) => {
      try {
        resolve(JSON.parse(output) as StoreVerdict);
      } catch {
        reject(new Error(said.trim() || String(error)));
      }
    });
  });
}
