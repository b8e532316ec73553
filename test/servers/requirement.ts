/** Tests that need a real server: run where it can be had, skipped loudly where not, failed for the lack of it in CI. */
import { describe, it } from 'vitest';

/** Like `describe`; `found` is undefined when there is no server, `hint` says how to get one. */
export function describeWith<Found>(
  name: string,
  found: Found | undefined,
  hint: string,
  body: (found: Found) => void,
): void {
  if (found !== undefined) {
    describe(name, () => body(found));
    return;
  }
  const complaint = `${name}: not tested, since there is no server. ${hint}`;
  if (process.env.CI === 'true') {
    describe(name, () => {
      it('has its server', () => Promise.reject(new Error(complaint)));
    });
    return;
  }
  process.stderr.write(`\nSKIPPED ${complaint}\n`);
  describe.skip(name, () => it('is skipped', () => undefined));
}
