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

/** The field types of client.proto as data: the generated code bends JSON of a wrong type instead of refusing it. */
function writeJsonTypes() {
  const pbjs = 'node_modules/protobufjs-cli/bin/pbjs';
  const json = execFileSync(process.execPath, [pbjs, '-t', 'json', 'proto/client.proto'], { encoding: 'utf8' });
  const messages = {};
  const enums = {};
  for (const [name, { fields, oneofs = {}, values }] of Object.entries(
    JSON.parse(json).nested.parley.nested.client.nested.v1.nested,
  )) {
    if (values !== undefined) enums[name] = Object.keys(values);
    else {
      const entries = Object.entries(fields).map(([field, { type, rule }]) => [
        field,
        { type, repeated: rule === 'repeated' },
      ]);
      const choices = Object.values(oneofs).map(({ oneof }) => oneof);
      messages[name] = { fields: Object.fromEntries(entries), oneofs: choices };
    }
  }
  writeFileSync(
    `${outDir}/client-types.js`,
    `export const messages = ${JSON.stringify(messages)};\nexport const enums = ${JSON.stringify(enums)};\n`,
  );
  writeFileSync(
    `${outDir}/client-types.d.ts`,
    `export interface FieldType { readonly type: string; readonly repeated: boolean }
export interface MessageType {
  readonly fields: Readonly<Record<string, FieldType>>;
  readonly oneofs: readonly (readonly string[])[];
}
export declare const messages: Readonly<Record<string, MessageType>>;
export declare const enums: Readonly<Record<string, readonly string[]>>;
`,
  );
}

writeJsonTypes();
writeFileSync(stamp, fingerprint);
