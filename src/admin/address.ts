/** Addresses of the admin API, as options name them. */

export interface AdminAddress {
  readonly host: string;
  /** 0: any free port. */
  readonly port: number;
}

const ADDRESS = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/;
const LOOPBACK = /^(127\.\d+\.\d+\.\d+|::1|localhost)$/;

/** Of host:port, [IPv6 host]:port; undefined for anything else. */
export function parseAdminAddress(text: string): AdminAddress | undefined {
  const match = ADDRESS.exec(text);
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  return host === undefined || port > 65_535 ? undefined : { host, port };
}

export const addressText = ({ host, port }: AdminAddress): string =>
  `${host.includes(':') ? `[${host}]` : host}:${port}`;

/** Where whoever is on the machine reaches what listens on `host`: the loopback address, where that is all addresses. */
export function hostToReach(host: string): string {
  if (/^0(\.0){0,3}$/.test(host)) return '127.0.0.1';
  return /^[0:]+$/.test(host) ? '::1' : host;
}

export const isLoopback = (host: string): boolean => LOOPBACK.test(host);
