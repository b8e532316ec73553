/** The package as npm makes it, without a build and without what only tests need: it serves, its command operates, its SDK is imported. */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { image } from '../deploy/dockerfile.js';
import { temporaryFolder } from './parley.js';

const folder = temporaryFolder();
let place = '';
beforeAll(() => {
  place = unpacked();
}, 60_000);
afterAll(() => folder.remove());

/** Packs and unpacks it. Returns the folder. */
function unpacked(): string {
  execFileSync('npm', ['pack', '--silent', '--ignore-scripts', '--pack-destination', folder.path]);
  const [file = ''] = readdirSync(folder.path).filter((name) => name.endsWith('.tgz'));
  execFileSync('tar', ['xzf', join(folder.path, file), '-C', folder.path]);
  return join(folder.path, 'package');
}

/** The same, with the modules that are here. */
function installed(): string {
  const modules = join(place, 'node_modules');
  if (!existsSync(modules)) symlinkSync(resolve('node_modules'), modules);
  return place;
}

it('installs the modules that the tests ran with, all of which take this Node.js', () => {
  const lock = (root: string): string => readFileSync(join(root, 'npm-shrinkwrap.json'), 'utf8');
  expect(lock(place)).toBe(lock('.'));
  const flags = ['--omit=dev', '--engine-strict', '--dry-run', '--offline', '--ignore-scripts', '--no-audit'];
  expect(execFileSync('npm', ['ci', ...flags], { cwd: place, encoding: 'utf8' })).toMatch(/added \d+ packages/);
});

it('holds nothing that only tests and benchmarks use', () => {
  const names = readdirSync(place, { recursive: true, encoding: 'utf8' }).filter((name) => !name.startsWith('node_'));
  const ofTests = /\.test\.js|^((dist\/)?(test|bench|checker|scripts)|src)\b|\/(testing|conformance|fake-)|fixture/;
  expect(names.filter((name) => ofTests.test(name))).toEqual([]);
  const code = names.filter((name) => /^dist\/.*\.js$/.test(name));
  expect(code.filter((name) => /from 'vitest'/.test(readFileSync(join(place, name), 'utf8')))).toEqual([]);
});

it('serves the page, and operates itself, from what npm packs', { timeout: 120_000 }, async () => {
  installed();
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

it('serves and stops as the image of deploy/Dockerfile starts and stops it', { timeout: 60_000 }, async () => {
  const { entrypoint, environment } = image();
  const data = join(folder.path, 'volume');
  mkdirSync(data);
  const [node = '', ...args] = entrypoint.map((word) => word.replace('/opt/parley', installed()));
  const env = {
    ...process.env,
    ...environment,
    PARLEY_DATA: data,
    PARLEY_PORT: '0',
    PARLEY_ADMIN_ADDRESS: '127.0.0.1:0',
  };
  const server = spawn(node, args, { cwd: data, env, stdio: ['ignore', 'pipe', 'inherit'] });
  const exited = once(server, 'exit');
  const ready = new Promise<void>((resolve) =>
    server.stdout.on('data', (text: Buffer) => text.includes('Parley is ready') && resolve()),
  );
  await Promise.race([ready, exited]);
  server.kill('SIGTERM');
  expect(await exited).toEqual([0, null]);
  expect(readdirSync(data)).toContain('parley.json');
});

it('gives a project that installs it the SDK by its name, with its types', { timeout: 60_000 }, () => {
  const project = join(folder.path, 'project');
  mkdirSync(join(project, 'node_modules'), { recursive: true });
  symlinkSync(installed(), join(project, 'node_modules/parley'));
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
