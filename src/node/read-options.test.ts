import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { type Purpose, ROLES } from './option-spec.js';
import { readOptions, serverCommand } from './read-options.js';
import { CLUSTER_ROLES } from './server-commands.js';

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

function withFile(text: string, use: (file: string) => void): void {
  const folder = mkdtempSync(join(tmpdir(), 'parley-'));
  const file = join(folder, 'parley.json');
  writeFileSync(file, text);
  use(file);
  rmSync(folder, { recursive: true });
}

describe('a value that an option cannot have', () => {
  it('is refused with what the option says of itself', () => {
    const subject = 'The option vapid-subject cannot be "x" (whom push services of browsers may ask about this server';
    expect(() => read('push', ['--vapid-subject', 'x'])).toThrow(`${subject}: mailto: or https:).`);
    expect(() => read('node', ['--port', 'x'])).toThrow('The option port cannot be "x" (port of health, ');
  });

  it.each(['node 1', ' ', 'a/b', '../b', '-n', '.', 'köln', 'a*', 'a>', 'a?b', 'a\nb', 'n'.repeat(129)])(
    'is a name that the registry, the bus or the command line could not carry: %j',
    (name) => {
      const sentence = `The option name cannot be ${JSON.stringify(name)} (name of this process, the same after a restart: letters, `;
      for (const role of CLUSTER_ROLES) expect(() => read(role, [`--name=${name}`])).toThrow(sentence);
      expect(() => read('node', [], { PARLEY_NAME: name })).toThrow(sentence);
    },
  );

  it.each(['node-1', 'n_2', '10.0.0.7', 'parley-node-0.chat.example', 'n'.repeat(128)])(
    'is no such name: %s',
    (name) => {
      expect(read('node', ['--name', name]).name).toBe(name);
    },
  );

  it.each([
    ['natsPassword', 271_828],
    ['cassandraPassword', 271_828],
    ['consulToken', 271_828],
    ['postgres', { password: '271828' }],
  ])('is not repeated where it is secret: %s', (name, value) => {
    withFile(JSON.stringify({ [name]: value }), (file) => {
      const sentence = /^The option [a-z-]+ cannot be what was given \([^(]*\)\.$/;
      expect(() => read('node', ['--config', file])).toThrow(sentence);
      expect(() => read('node', ['--config', file])).not.toThrow('271828');
    });
  });

  it('is not repeated where its file is no JSON', () => {
    withFile('{ "natsPassword": s271828 }', (file) => {
      const sentence = `The configuration ${file} cannot be read: Unexpected token 's' is not valid JSON.`;
      expect(() => read('node', ['--config', file])).toThrow(sentence);
    });
  });
});

describe('the help', () => {
  const line = (role: Purpose, flag: string): string | undefined =>
    serverCommand(role).options.find(({ long }) => long === flag)?.description;

  it('has the defaults of lists', () => {
    expect(line('gateway', '--nats')).toContain('(default: 127.0.0.1:4222)');
    expect(line('node', '--cassandra')).toContain('(default: 127.0.0.1:9042)');
    expect(line('all', '--allowed-origins')).toContain('(default: none)');
  });

  it('names no default beside the one that the description states', () => {
    for (const [role, flag, stated] of [
      ['all', '--admin-address', '127.0.0.1:9090'],
      ['all', '--admin-tokens', 'admin-tokens.json in the data folder'],
      ['gateway', '--name', 'made from role, machine and port'],
    ] as const) {
      expect(line(role, flag)).toContain(stated);
      expect(line(role, flag)).not.toContain('(default');
    }
  });

  it('says what an option is for the role', () => {
    expect(line('all', '--port')).toContain('port of the page, the API and the WebSocket');
    expect(line('push', '--port')).toContain('port of health, readiness and metrics');
    expect(line('api', '--public-url')).toContain('https://');
    expect(line('admin', '--admin-tokens')).toContain('./admin-tokens.json');
  });

  it('has no option that does nothing', () => {
    const knowing = (flag: string): Purpose[] => ROLES.filter((role) => line(role, flag) !== undefined);
    expect(knowing('--drain-seconds')).toEqual(['all', 'gateway']);
    for (const flag of ['--public-url', '--allowed-origins', '--trusted-proxies', '--zone'])
      expect([flag, knowing(flag)]).toEqual([flag, ['all', 'gateway', 'api']]);
    expect(serverCommand('reindex').options.map(({ long }) => long)).toEqual(['--config', '--data']);
  });
});
