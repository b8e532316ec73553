/** What `make` looks at before it installs anything: package.json's `engines`, said in one sentence. */
import { spawnSync } from 'node:child_process';
import { chmodSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { temporaryFolder } from '../process/parley.js';

const folder = temporaryFolder();
afterAll(() => folder.remove());

/** A `node` that says that it is of this version. */
function preflight(version: string) {
  writeFileSync(
    join(folder.path, 'node'),
    `#!/bin/sh
printf 'Object.defineProperty(process, "versions", { value: { node: "%s" } });\\n%s' '${version}' "$2" | ${process.execPath}\n`,
  );
  chmodSync(join(folder.path, 'node'), 0o755);
  const path = `${folder.path}:/usr/bin:/bin`;
  const { status, stderr } = spawnSync('scripts/preflight.sh', { env: { PATH: path }, encoding: 'utf8' });
  return { status, stderr };
}

symlinkSync('/bin/true', join(folder.path, 'npm'));

it.each(['20.19.0', '20.20.4', '22.12.0', '22.20.1', '24.1.0'])('lets Node.js %s pass', (version) => {
  expect(preflight(version)).toEqual({ status: 0, stderr: '' });
});

it.each(['18.20.0', '20.18.3', '21.7.3', '22.11.0'])('says that Node.js %s is none that Parley runs on', (version) => {
  expect(preflight(version)).toEqual({
    status: 1,
    stderr: `Parley needs Node.js 20 from 20.19 on, or 22.12 and newer; this is ${version}.\n`,
  });
});
