// `make check`: format, lint, types, import directions, size and tidy. Each names what it looked at; none may look at nothing.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { unusedExports } from './unused-exports.mjs';

const started = Date.now();
const FILE_LINES_MAX = 400;
/** What the SDK exports is for others. */
const SDK = 'client/index.ts';
const CODE = ['src', 'client', 'web', 'bench', 'checker', 'test', 'cli', 'scripts'].filter((folder) =>
  existsSync(folder),
);

/** Resolves to what it printed, once it has passed; ends this process when it does not. */
function run(title, program, args) {
  const at = Date.now();
  const child = spawn(process.execPath, [program, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, FORCE_COLOR: '0' },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8');
    stream.on('data', (text) => {
      output += text;
    });
  }
  return new Promise((resolve) => {
    child.once('close', (code) => {
      if (code !== 0) {
        console.error(`${output}\n✗ ${title}`);
        process.exit(1);
      }
      console.log(`✓ ${title} (${((Date.now() - at) / 1000).toFixed(1)} s)`);
      resolve(output);
    });
  });
}

function sourceFiles() {
  const listed = spawnSync('git', ['ls-files', '-co', '--exclude-standard', '--', ...CODE, 'vitest.config.ts'], {
    encoding: 'utf8',
  }).stdout;
  return listed.split('\n').filter((file) => /\.(tsx?|mjs)$/.test(file) && existsSync(file));
}

function tidy() {
  const files = new Map(sourceFiles().map((file) => [file, readFileSync(file, 'utf8')]));
  const complaints = unusedExports(files, SDK);
  for (const [file, text] of files) {
    const lines = text.split('\n').length - 1;
    if (lines > FILE_LINES_MAX)
      complaints.push(
        `${file}: ${lines} lines, more than ${FILE_LINES_MAX}: find the concept that wants a file of its own`,
      );
    if (/\bdescribeWith\(\s*'/.test(text) && !/\.(server|long)\.test\.ts$/.test(file))
      complaints.push(`${file}: needs a real server, and is not named *.server.test.ts or *.long.test.ts`);
    if (/\b(it|test|describe)\.(only|todo)\b/.test(text)) complaints.push(`${file}: .only or .todo`);
    if (/@ts-(ignore|nocheck|expect-error)/.test(text)) complaints.push(`${file}: a type check is switched off`);
    if (
      file.startsWith('src/') &&
      !file.endsWith('.test.ts') &&
      !file.startsWith('src/node/') &&
      /process\.env\b/.test(text)
    )
      complaints.push(`${file}: process.env outside src/node`);
  }
  if (files.size === 0) complaints.push('no files were looked at');
  if (complaints.length > 0) {
    console.error(`${complaints.join('\n')}\n✗ size and tidy`);
    process.exit(1);
  }
  console.log(`✓ size and tidy (${files.size} files)`);
}

await run('generated protocol', 'scripts/generate-proto.mjs', []);
const [report] = await Promise.all([
  run('import directions', 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs', [
    '--config',
    '.dependency-cruiser.mjs',
    ...CODE,
  ]),
  run('format and lint', 'node_modules/@biomejs/biome/bin/biome', ['check', '--error-on-warnings']),
  run('types', 'node_modules/typescript/bin/tsc', ['--noEmit']),
  run('types of scripts', 'node_modules/typescript/bin/tsc', ['--project', 'scripts']),
]);
const cruised = Number(/\((\d+) modules/.exec(report)?.[1] ?? 0);
if (cruised < sourceFiles().length / 2) {
  console.error(`✗ import directions: looked at ${cruised} modules only`);
  process.exit(1);
}
tidy();
console.log(`check: all green in ${((Date.now() - started) / 1000).toFixed(1)} s`);
