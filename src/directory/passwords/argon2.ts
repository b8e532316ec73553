import { hashSync, verifySync } from '@node-rs/argon2';

/** OWASP's second choice for argon2id: 19 MiB, two passes, one lane. The package's default algorithm is argon2id. */
const PARAMETERS = { memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Of a random password that nobody knows, with the same parameters: what a login of nobody is compared with. */
const NOBODYS_HASH =
  '$argon2id$v=19$m=19456,t=2,p=1$s/9jaCmNIZfY40t2PxvLLQ$1hoiP8mpBGVtBdRNjyoKgI/B+gI3ivgXbsyFp7LUWHc';

export type HashingJob =
  | { readonly type: 'hash'; readonly password: string }
  | { readonly type: 'verify'; readonly password: string; readonly hash: string | undefined };

/** Blocks the thread for tens of milliseconds. A text where it hashes, true or false where it verifies. */
export function runHashingJob(job: HashingJob): string | boolean {
  if (job.type === 'hash') return hashSync(job.password, PARAMETERS);
  return matches(job.hash ?? NOBODYS_HASH, job.password) && job.hash !== undefined;
}

function matches(hash: string, password: string): boolean {
  try {
    return verifySync(hash, password);
  } catch {
    // Not an argon2 hash: no password fits it.
    return false;
  }
}
