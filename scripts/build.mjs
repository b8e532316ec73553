// `make build`: the generated protocol, the compiled server and SDK (with its types) in dist/, the web page in dist/web/.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, rmSync, symlinkSync } from 'node:fs';

function run(program, args) {
  const result = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

// What the compiler wrote is gone: it would leave out all that has not changed since.
if (!existsSync('dist')) for (const info of ['tsc', 'sdk']) rmSync(`.cache/${info}.tsbuildinfo`, { force: true });

run('scripts/generate-proto.mjs', []);
run('node_modules/typescript/bin/tsc', []);
run('node_modules/typescript/bin/tsc', ['--project', 'client']);
// The SDK's types refer to it; the compiler copies no declarations.
copyFileSync('src/protocol/generated/client.d.ts', 'dist/src/protocol/generated/client.d.ts');
if (existsSync('web/build.mjs')) run('web/build.mjs', []);

// `npx parley` in this folder runs what was built here.
const LINK = 'node_modules/.bin/parley';
chmodSync('dist/cli/parley.js', 0o755);
mkdirSync('node_modules/.bin', { recursive: true });
rmSync(LINK, { force: true });
symlinkSync('../../dist/cli/parley.js', LINK);
