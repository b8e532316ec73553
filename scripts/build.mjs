// `make build`: the generated protocol, the compiled server and SDK in dist/, the web page in dist/web/.
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

function run(program, args) {
  const result = spawnSync(process.execPath, [program, ...args], { stdio: 'inherit' });
  if (result.status !== 0) process.exit(result.status ?? 1);
}

run('scripts/generate-proto.mjs', []);
run('node_modules/typescript/bin/tsc', []);
if (existsSync('web/build.mjs')) run('web/build.mjs', []);
