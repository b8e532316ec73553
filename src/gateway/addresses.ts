import { BlockList, isIP } from 'node:net';

/** An address of 4 or 16 bytes as text: IPv4 dotted (also when mapped into IPv6), IPv6 as eight groups. */
export function addressText(bytes: ArrayBuffer): string {
  const view = new DataView(bytes);
  if (bytes.byteLength === 4) return [...new Uint8Array(bytes)].join('.');
  if (bytes.byteLength !== 16) return '';
  const groups = Array.from({ length: 8 }, (_, index) => view.getUint16(index * 2));
  const mapped = groups[5] === 0xffff && groups.slice(0, 5).every((group) => group === 0);
  if (mapped) return [...new Uint8Array(bytes, 12)].join('.');
  return groups.map((group) => group.toString(16)).join(':');
}

/** Who counts as one for limits: an IPv4 address, or the /64 of an IPv6 address, which one customer usually has whole. */
export function limitKey(address: string): string {
  return isIP(address) === 6 ? address.split(':').slice(0, 4).join(':') : address;
}

/** The proxies whose X-Forwarded-For is believed: addresses or subnets such as `10.0.0.0/8`. */
export class TrustedProxies {
  private readonly list = new BlockList();

  /** Throws on what is neither an address nor a subnet. */
  constructor(entries: readonly string[]) {
    for (const entry of entries) {
      const [address = '', prefix] = entry.split('/');
      const family = isIP(address);
      if (family === 0) throw new Error(`"${entry}" is neither an address nor a subnet of trusted proxies.`);
      this.list.addSubnet(address, Number(prefix ?? (family === 4 ? 32 : 128)), family === 4 ? 'ipv4' : 'ipv6');
    }
  }

  /** The client's address: walks X-Forwarded-For from the right while the hop before is trusted. */
  clientAddress(peer: string, forwardedFor: string): string {
    const hops = forwardedFor === '' ? [] : forwardedFor.split(',').map((hop) => hop.trim());
    let address = peer;
    while (hops.length > 0 && this.trusts(address)) {
      const hop = hops.pop() ?? '';
      if (isIP(hop) === 0) break;
      address = hop;
    }
    return address;
  }

  private trusts(address: string): boolean {
    const family = isIP(address);
    return family !== 0 && this.list.check(address, family === 4 ? 'ipv4' : 'ipv6');
  }
}
