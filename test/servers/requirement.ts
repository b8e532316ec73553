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

/** Like `describe` where `missing` is undefined; else skipped, and said loudly, also in CI: for what a machine may forbid. */
export function describeWhere(name: string, missing: string | undefined, body: () => void): void {
  if (missing === undefined) {
    describe(name, body);
    return;
  }
  process.stderr.write(`\nSKIPPED ${name}: ${missing}\n`);
  describe.skip(name, () => it('is skipped', () => undefined));
}
