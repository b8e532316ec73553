// Generates src/protocol/generated/<name>.{js,d.ts} from proto/<name>.proto (protobufjs static modules).
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';

const outDir = 'src/protocol/generated';
const protos = readdirSync('proto').filter((file) => file.endsWith('.proto'));
const fingerprint = createHash('sha256')
  .update(protos.map((file) => readFileSync(`proto/${file}`)).join('\0'))
  .update(readFileSync(new URL(import.meta.url)))
  .digest('hex');
const stamp = `${outDir}/.fingerprint`;
if (existsSync(stamp) && readFileSync(stamp, 'utf8') === fingerprint) process.exit(0);

mkdirSync(outDir, { recursive: true });
for (const file of protos) {
  const name = file.replace('.proto', '');
  const run = (tool, args) => execFileSync(process.execPath, [`node_modules/protobufjs-cli/bin/${tool}`, ...args]);
  const pbjs = (...extra) =>
    run('pbjs', [
      '-t',
      'static-module',
      '-w',
      'es6',
      '--es6',
      '--root',
      `parley_${name}`,
      '--no-delimited',
      '--no-service',
      '--no-typeurl',
      '--force-long',
      ...extra,
      '-o',
      `${outDir}/${name}.js`,
      `proto/${file}`,
    ]);
  pbjs(); // with comments: pbts reads the types from them
  run('pbts', ['--no-comments', '-o', `${outDir}/${name}.d.ts`, `${outDir}/${name}.js`]);
  pbjs('--no-comments');
  const patch = (path, from, to) => writeFileSync(path, readFileSync(path, 'utf8').replace(from, to));
  patch(
    `${outDir}/${name}.js`,
    /import (?:\* as )?\$protobuf from "protobufjs\/minimal.*"/,
    'import $protobuf from "protobufjs/minimal.js"',
  );
  patch(`${outDir}/${name}.d.ts`, 'import Long = require("long");', 'import type Long from "long";');
  appendFileSync(`${outDir}/${name}.js`, `\nexport const v1 = parley.${name}.v1;\n`);
  appendFileSync(`${outDir}/${name}.d.ts`, `\nexport import v1 = parley.${name}.v1;\n`);
}
writeFileSync(stamp, fingerprint);
