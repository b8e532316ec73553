/** The operators' API over TLS: who shows which certificate, and the standard services beside it. */
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type Client, credentials, loadPackageDefinition, Metadata, status } from '@grpc/grpc-js';
import { loadSync, type PackageDefinition } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Ran, runCommand } from './command-line.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

// Made for these tests only: an authority, what it signed, and a stranger's certificate.
const pem = (name: string): string => fileURLToPath(new URL(`./tls/operators/${name}`, import.meta.url));
const REFLECTION = join(
  createRequire(import.meta.url).resolve('@grpc/reflection/package.json'),
  '../build/proto/grpc/reflection/v1/reflection.proto',
);
const TLS = ['--admin-tls-cert', pem('server.pem'), '--admin-tls-key', pem('server.key')];

const folder = temporaryFolder();
const data = join(folder.path, 'data');
let parley: ParleyProcess;
let address = '';

/** By certificate, which goes before the folder's token; or by nothing. */
const operate = (who: string | undefined, ...args: readonly string[]): Promise<Ran> => {
  const shown = who === undefined ? [] : ['--cert', pem(`${who}.pem`), '--key', pem(`${who}.key`)];
  const where = ['--data', who === undefined ? join(folder.path, 'nowhere') : data];
  return runCommand(...args, '--address', address, '--ca', pem('ca.pem'), ...shown, ...where);
};

const byToken = (...args: readonly string[]): Promise<Ran> =>
  runCommand(...args, '--address', address, '--data', data, '--ca', pem('ca.pem'));

beforeAll(async () => {
  const options = [...TLS, '--admin-client-ca', pem('ca.pem'), '--admin-address', '127.0.0.1:0'];
  parley = await ParleyProcess.start('--port', '0', '--data', data, ...options);
  address = readFileSync(join(data, 'admin-address'), 'utf8').trim();
});
afterAll(async () => {
  await parley.signal('SIGKILL');
  folder.remove();
});

describe('the operators’ API over TLS', () => {
  it('knows by a certificate who asks and what they may, and writes it down so', async () => {
    expect(await operate('olga', 'users', 'list', '--json')).toMatchObject({ code: 0, stderr: '' });
    expect(await operate('olga', 'users', 'suspend', 'nobody_here')).toMatchObject({ code: 5 });
    const above = await operate('olga', 'audit');
    expect(above).toMatchObject({ code: 4, stderr: expect.stringContaining('olga is operator') as string });
    const audit = await byToken('audit', '--json');
    expect(JSON.parse(audit.stdout)).toMatchObject({
      entries: [
        { who: 'olga', role: 'operator', outcome: 'forbidden' },
        { who: 'olga', action: 'SuspendUser' },
      ],
    });
  });

  it('takes a token instead of a certificate, and nobody without either', async () => {
    expect(await byToken('status', '--json')).toMatchObject({ code: 0, stderr: '' });
    expect(await operate(undefined, 'status')).toMatchObject({ code: 4 });
  });

  it('does not hear a certificate of another authority, nor one whose unit is no role', async () => {
    expect((await operate('stranger', 'status')).code).toBe(3);
    expect(await operate('nobody', 'status')).toMatchObject({
      code: 4,
      stderr: expect.stringContaining('whose unit names a role') as string,
    });
  });

  it('is not spoken to without TLS', async () => {
    const { code } = await runCommand('status', '--address', address, '--token', 'x', '--data', folder.path);
    expect(code).toBe(3);
  });

  it('is found in the data folder also when it listens on all addresses, until it stops', async () => {
    const there = join(folder.path, 'everywhere');
    const wide = await ParleyProcess.start('--port', '0', '--data', there, ...TLS, '--admin-address', '0.0.0.0:0');
    const said = readFileSync(join(there, 'admin-address'), 'utf8').trim();
    expect(said).toMatch(/^127\.0\.0\.1:\d+$/);
    const tls = ['--ca', pem('ca.pem')];
    expect(await runCommand('status', '--json', '--data', there, ...tls)).toMatchObject({ code: 0, stderr: '' });
    // An address or a name that the certificate lacks is not spoken to.
    const other = said.replace('127.0.0.1', '127.0.0.2');
    const refused = await runCommand('status', '--address', other, '--data', there, ...tls);
    expect(refused).toMatchObject({ code: 3, stderr: expect.stringContaining('127.0.0.2') as string });
    expect((await wide.signal('SIGTERM')).code).toBe(0);
    expect(existsSync(join(there, 'admin-address'))).toBe(false);
  });

  it('starts off loopback only with TLS, and says so', { timeout: 90_000 }, async () => {
    const start = (...args: string[]) => ParleyProcess.run('--port', '0', '--data', join(folder.path, 'off'), ...args);
    const open = await start('--admin-address', '0.0.0.0:0');
    expect(open).toMatchObject({ code: 1, output: expect.stringContaining('only with TLS') as string });
    const half = await start('--admin-address', '0.0.0.0:0', '--admin-tls-cert', pem('server.pem'));
    expect(half).toMatchObject({ code: 2, output: expect.stringContaining('admin-tls-key') as string });
    const wrong = await start('--admin-address', '0.0.0.0:0', ...TLS.slice(0, 3), pem('olga.key'));
    expect(wrong).toMatchObject({ code: 1, output: expect.stringContaining('cannot be used') as string });
  });
});

describe('the standard services beside it', () => {
  const packages = (file: string): PackageDefinition => loadSync(file, { keepCase: true, enums: String });

  function clientOf(file: string, service: string): Client {
    let found: unknown = loadPackageDefinition(packages(file));
    for (const part of service.split('.')) found = (found as Record<string, unknown>)[part];
    const Made = found as new (...args: ConstructorParameters<typeof Client>) => Client;
    return new Made(address, credentials.createSsl(readFileSync(pem('ca.pem'))));
  }

  type Check = (
    request: object,
    metadata: Metadata,
    done: (error: { code: number } | null, answer: object) => void,
  ) => void;

  it('tell of health', async () => {
    const client = clientOf(protoPath, 'grpc.health.v1.Health');
    const check = (client as unknown as { Check: Check }).Check.bind(client);
    const ask = (service: string) =>
      new Promise((resolve) => check({ service }, new Metadata(), (error, answer) => resolve(error?.code ?? answer)));
    expect(await ask('')).toEqual({ status: 'SERVING' });
    expect(await ask('parley.admin.v1.Admin')).toEqual({ status: 'SERVING' });
    expect(await ask('parley.admin.v1.Other')).toBe(status.NOT_FOUND);
    client.close();
  });

  it('describe the API to tools that know nothing of it', async () => {
    const client = clientOf(REFLECTION, 'grpc.reflection.v1.ServerReflection');
    const call = (client as unknown as { ServerReflectionInfo: () => NodeJS.ReadWriteStream }).ServerReflectionInfo();
    const answered = new Promise<{ list_services_response: { service: { name: string }[] } }>((resolve, reject) => {
      call.on('data', resolve);
      call.on('error', reject);
    });
    call.write({ list_services: '*' } as never);
    const { service } = (await answered).list_services_response;
    expect(service.map(({ name }) => name)).toContain('parley.admin.v1.Admin');
    call.end();
    client.close();
  });
});
