import { describe, expect, it } from 'vitest';
import { type Purpose, ROLES, readOptions, serverCommand } from './options.js';

const read = (role: Purpose, args: readonly string[], environment: NodeJS.ProcessEnv = {}) =>
  readOptions(args, environment, role) ?? expect.fail('only help was asked for');

describe('an option that a role has no use for', () => {
  it.each(['node', 'push', 'admin'] as const)('is refused by its name as a flag of %s', (role) => {
    const sentence = `\`parley ${role}\` has no use for --tls-cert: see its --help.`;
    expect(() => read(role, ['--tls-cert', 'a.pem'])).toThrow(sentence);
    expect(() => read(role, ['--tls-cert=a.pem'])).toThrow(sentence);
    expect(serverCommand(role).helpInformation()).not.toContain('--tls-cert');
  });

  it('is passed over in the environment, which roles may share', () => {
    const environment = { PARLEY_TLS_CERT: 'a.pem', PARLEY_TLS_KEY: 'a.key' };
    const certs = ROLES.map((role) => [role, read(role, [], environment).tlsCert]);
    expect(Object.fromEntries(certs)).toEqual({
      ...{ all: 'a.pem', gateway: 'a.pem', api: 'a.pem' },
      ...{ node: '', push: '', admin: '' },
    });
  });
});

describe('an option that there is not', () => {
  it('is refused', () => {
    expect(() => read('node', ['--colour', 'red'])).toThrow("unknown option '--colour'");
  });
});
