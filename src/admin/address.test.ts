import { describe, expect, it } from 'vitest';
import { addressText, hostToReach, parseAdminAddress } from './address.js';

describe('an address of the admin API', () => {
  it('is a host and a port, of IPv6 in brackets', () => {
    for (const text of ['127.0.0.1:9090', 'chat.example.org:1', '[::1]:0']) {
      const address = parseAdminAddress(text);
      expect(address && addressText(address)).toBe(text);
    }
    for (const text of ['', 'here', 'here:', ':1', '::1:9090', 'here:65536', 'http://here:1', '[here]:1'])
      expect(parseAdminAddress(text)).toBeUndefined();
  });

  it('is reached by loopback where it stands for all addresses', () => {
    const reached = (host: string): string => addressText({ host: hostToReach(host), port: 1 });
    expect(['0.0.0.0', '0', '::', '::0', '0:0:0:0:0:0:0:0'].map(reached)).toEqual([
      ...['127.0.0.1:1', '127.0.0.1:1'],
      ...['[::1]:1', '[::1]:1', '[::1]:1'],
    ]);
    expect(['10.0.0.1', '::1', 'localhost', 'chat.example.org'].map(reached)).toEqual([
      ...['10.0.0.1:1', '[::1]:1', 'localhost:1', 'chat.example.org:1'],
    ]);
  });
});
