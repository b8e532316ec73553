import { expect, it } from 'vitest';
import { defaultName } from './cluster-member.js';

it('names a process by its machine, for addresses to listen on are alike on many', () => {
  expect(defaultName('node', { host: '0.0.0.0', port: 8080 }, 'chat-1')).toBe('node-chat-1-8080');
  expect(defaultName('node', { host: '127.0.0.1', port: 8081 }, 'chat-2')).toBe('node-chat-2-8081');
  expect(defaultName('gateway', { host: '10.0.0.7', port: 8080 }, 'chat-1')).toBe('gateway-chat-1-10.0.0.7-8080');
});

it('makes a name that stands in an address of Consul, whatever the machine is called', () => {
  expect(defaultName('node', { host: 'fe80::1%eth0', port: 8080 }, 'Jörgs Mac')).toBe(
    'node-J-rgs-Mac-fe80-1-eth0-8080',
  );
});
