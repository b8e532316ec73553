/** The package as npm makes it, without a build and without what only tests need: it serves, its command operates, its SDK is imported. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { temporaryFolder } from './parley.js';

const folder = temporaryFolder();
let place = '';
beforeAll(() => {
  place = unpacked();
}, 60_000);
afterAll(() => folder.remove());

/** Packs and unpacks it, beside the modules that are here. Returns the folder. */
function unpacked(): string {
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder.path]);
  const [file = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['xzf', join(folder.path, file), '-C', folder.path]);
  const place = join(folder.path, 'package');
  symlinkSync(resolve('node_modules'), join(place, 'node_modules'));
  return place;
}

it('serves the page, and operates itself, from what npm packs', { timeout: 120_000 }, async () => {
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('node_'));
  expect(names.filter((name) => /\.test\.js|^(test|bench|src|dist\/(test|bench))\b/.test(name))).toEqual([]);
  const empty = join(folder.path, 'empty');
  mkdirSync(empty);
  const parley = (...args: string[]) => spawn(join(place, 'dist/cli/parley.js'), args, { cwd: empty });
  const server = parley('--port', '0', '--admin-address', '127.0.0.1:0');
  try {
    const origin = await new Promise<string>((found, failed) => {
      let output = '';
      for (const stream of [server.stdout, server.stderr])
        stream.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          const [, address] = /Parley is ready: (\S+)/.exec(output) ?? [];
          if (address !== undefined) found(address);
        });
      server.once('exit', () => failed(new Error(output)));
    });
    expect(await (await fetch(origin)).text()).toContain('<title>Parley</title>');
    const status = parley('status');
    let told = '';
    status.stdout.setEncoding('utf8').on('data', (text: string) => {
      told += text;
    });
    expect(await once(status, 'close')).toEqual([0, null]);
    expect(told).toContain('embedded');
  } finally {
    server.removeAllListeners('exit');
    server.kill('SIGKILL');
    await once(server, 'exit');
  }
});

it('gives a project that installs it the SDK by its name, with its types', { timeout: 60_000 }, () => {
  const project = join(folder.path, 'project');
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(place, join(project, 'node_modules/parley'));
  writeFileSync(join(project, 'package.json'), '{ "type": "module" }');
  const program = `import { ParleyClient } from 'parley/client';
const parley = new ParleyClient({ baseUrl: 'http://127.0.0.1:1' });
parley.on('message', (message) => console.log(message.text.length));
console.log(typeof parley.connect);
`;
  writeFileSync(join(project, 'program.js'), program);
  writeFileSync(join(project, 'program.ts'), `${program}const wrong: string = parley.connect;\n`);
  expect(execFileSync(process.execPath, ['program.js'], { cwd: project, encoding: 'utf8' })).toBe('function\n');
  const options = ['--noEmit', '--strict', '--module', 'nodenext', '--target', 'es2022', '--lib', 'es2023,dom'];
  const compiler = [resolve('node_modules/typescript/bin/tsc'), ...options, 'program.ts'];
  const { stdout } = spawnSync(process.execPath, compiler, { cwd: project, encoding: 'utf8' });
  expect(stdout.trim().split('\n')).toEqual([expect.stringMatching(/^program\.ts\(5,7\): .*not assignable/)]);
});
