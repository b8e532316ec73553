import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Purpose } from './option-spec.js';
import type { Options } from './option-table.js';
import { readOptions } from './read-options.js';
import { cassandraAccess, natsAccess } from './server-access.js';

describe('how a process reaches the servers of its cluster', () => {
  const folder = mkdtempSync(join(tmpdir(), 'parley-access-'));
  const file = (name: string): string => join(folder, name);
  beforeAll(() => {
    for (const name of ['ca.pem', 'cert.pem', 'key.pem', 'user.creds']) writeFileSync(file(name), `text of ${name}`);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  const read = (role: Purpose, flags: readonly string[], environment: NodeJS.ProcessEnv = {}): Options =>
    readOptions(flags, environment, role) ?? expect.fail('only help was asked for');

  it('is by address alone, in plain text, where nothing else is said', () => {
    const options = read('node', []);
    expect(natsAccess(options)).toEqual({ servers: ['127.0.0.1:4222'] });
    expect(cassandraAccess(options)).toEqual({
      ...{ contactPoints: ['127.0.0.1:9042'], localDataCenter: 'datacenter1', keyspace: 'parley', replication: 3 },
    });
  });

  it('is as a user, whose password comes by the environment', () => {
    const environment = { PARLEY_CASSANDRA_PASSWORD: 'c', PARLEY_NATS_PASSWORD: 'n' };
    const options = read('node', ['--cassandra-user', 'parley', '--nats-user', 'chat'], environment);
    expect(cassandraAccess(options).credentials).toEqual({ username: 'parley', password: 'c' });
    expect(natsAccess(options).credentials).toEqual({ type: 'password', user: 'chat', password: 'n' });
  });

  it('is by a JWT with its seed', () => {
    const options = read('gateway', ['--nats-creds', file('user.creds')]);
    expect(natsAccess(options).credentials).toEqual({ type: 'creds', text: 'text of user.creds' });
  });

  it('is over TLS, with an authority and a certificate of one’s own, or by those that Node.js knows', () => {
    const files = (server: string): string[] =>
      ['ca', 'cert', 'key'].flatMap((what) => [`--${server}-${what}`, file(`${what}.pem`)]);
    const options = read('node', [...files('cassandra'), ...files('nats')]);
    const tls = { ca: 'text of ca.pem', certificate: 'text of cert.pem', key: 'text of key.pem' };
    expect([cassandraAccess(options).tls, natsAccess(options).tls]).toEqual([tls, tls]);
    const known = read('node', ['--cassandra-ca', 'public', '--nats-ca', 'public']);
    expect([cassandraAccess(known).tls, natsAccess(known).tls]).toEqual([{}, {}]);
  });

  it.each([
    [['--cassandra-user', 'parley'], 'Give cassandra-user and cassandra-password together.'],
    [['--nats-password', 'n'], 'Give nats-user and nats-password together.'],
    [['--nats-cert', file('cert.pem')], 'Give nats-cert and nats-key together.'],
    [['--nats-cert', file('cert.pem'), '--nats-key', file('key.pem')], 'With nats-cert give nats-ca, too'],
    [['--nats-creds', file('user.creds'), '--nats-user', 'u', '--nats-password', 'p'], 'not both'],
    [['--nats-creds', file('none')], `The file ${file('none')} of nats-creds cannot be read: ENOENT`],
    [['--cassandra-ca', file('none')], `The file ${file('none')} of cassandra-ca cannot be read: ENOENT`],
  ])('is refused in one sentence: %j', (flags, sentence) => {
    const options = read('node', flags);
    expect(() => [cassandraAccess(options), natsAccess(options)]).toThrow(sentence);
  });
});
