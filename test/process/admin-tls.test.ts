/** The operators' API over TLS: what is shared with a cluster, and what is of one process alone. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CLIENT_CERTIFICATES, OPERATORS_TLS, pem, TLS } from '../features/operators-tls.js';
import { runCommand } from './command-line.js';
import { ParleyProcess, temporaryFolder } from './parley.js';

const folder = temporaryFolder();
const data = join(folder.path, 'data');
let parley: ParleyProcess;
let address = '';

const byToken = (...args: readonly string[]) =>
  runCommand(...args, '--address', address, '--data', data, '--ca', pem('ca.pem'));

beforeAll(async () => {
  const options = [...TLS, ...CLIENT_CERTIFICATES, '--admin-address', '127.0.0.1:0'];
  parley = await ParleyProcess.start('--port', '0', '--data', data, ...options);
  address = readFileSync(join(data, 'admin-address'), 'utf8').trim();
});
afterAll(async () => {
  await parley.signal('SIGKILL');
  folder.remove();
});

describe('the operators’ API over TLS', () => {
  it.each(OPERATORS_TLS)('$what', ({ show }) => show({ address, data, byToken }));

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
