/** The operators' API over TLS: who shows which certificate, and the standard services beside it. On one process and on a cluster. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { healthOf, servicesOf, type TlsServer } from '../../src/admin/testing/standard-clients.js';
import { type Ran, runCommand } from '../process/command-line.js';

// Made for these tests only: an authority, what it signed, and a stranger's certificate.
export const pem = (name: string): string =>
  fileURLToPath(new URL(`../process/tls/operators/${name}`, import.meta.url));
export const TLS = ['--admin-tls-cert', pem('server.pem'), '--admin-tls-key', pem('server.key')] as const;
export const CLIENT_CERTIFICATES = ['--admin-client-ca', pem('ca.pem')] as const;

/** One that takes client certificates. */
export interface OperatorsApi {
  readonly address: string;
  /** Where an operator's token may lie, which a certificate goes before. */
  readonly data: string;
  /** A command with the token of an admin. */
  byToken(...args: readonly string[]): Promise<Ran>;
}

/** By certificate; or by nothing. */
function operate({ address, data }: OperatorsApi, who: string | undefined, ...args: readonly string[]): Promise<Ran> {
  const shown = who === undefined ? [] : ['--cert', pem(`${who}.pem`), '--key', pem(`${who}.key`)];
  const where = ['--data', who === undefined ? join(data, 'nowhere') : data];
  return runCommand(...args, '--address', address, '--ca', pem('ca.pem'), ...shown, ...where);
}

async function certificates(api: OperatorsApi): Promise<void> {
  expect(await operate(api, 'olga', 'users', 'list', '--json')).toMatchObject({ code: 0, stderr: '' });
  expect(await operate(api, 'olga', 'users', 'suspend', 'nobody_here')).toMatchObject({ code: 5 });
  const above = await operate(api, 'olga', 'audit');
  expect(above).toMatchObject({ code: 4, stderr: expect.stringContaining('olga is operator') as string });
  const audit = await api.byToken('audit', '--json', '--limit', '2');
  expect(JSON.parse(audit.stdout)).toMatchObject({
    entries: [
      { who: 'olga', role: 'operator', outcome: 'forbidden' },
      { who: 'olga', action: 'SuspendUser' },
    ],
  });
}

async function tokens(api: OperatorsApi): Promise<void> {
  expect(await api.byToken('status', '--json')).toMatchObject({ code: 0, stderr: '' });
  expect(await operate(api, undefined, 'status')).toMatchObject({ code: 4 });
}

async function otherCertificates(api: OperatorsApi): Promise<void> {
  expect((await operate(api, 'stranger', 'status')).code).toBe(3);
  expect(await operate(api, 'nobody', 'status')).toMatchObject({
    code: 4,
    stderr: expect.stringContaining('whose unit names a role') as string,
  });
}

const serverOf = ({ address }: OperatorsApi): TlsServer => ({ address, ca: readFileSync(pem('ca.pem')) });

async function health(api: OperatorsApi): Promise<void> {
  const server = serverOf(api);
  expect(await healthOf(server, '')).toBe('SERVING');
  expect(await healthOf(server, 'parley.admin.v1.Admin')).toBe('SERVING');
  expect(await healthOf(server, 'parley.admin.v1.Other')).toBe('NOT_FOUND');
}

async function reflection(api: OperatorsApi): Promise<void> {
  expect(await servicesOf(serverOf(api))).toContain('parley.admin.v1.Admin');
}

export const OPERATORS_TLS: readonly { readonly what: string; show(api: OperatorsApi): Promise<void> }[] = [
  { what: 'knows by a certificate who asks and what they may, and writes it down so', show: certificates },
  { what: 'takes a token instead of a certificate, and nobody without either', show: tokens },
  { what: 'does not hear a certificate of another authority, nor one whose unit is no role', show: otherCertificates },
  { what: 'tells of its health', show: health },
  { what: 'describes itself to tools that know nothing of it', show: reflection },
];
