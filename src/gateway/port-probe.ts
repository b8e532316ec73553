import { type AddressInfo, createServer } from 'node:net';

/**
 * The port to listen on: the one asked for, or any free one for 0; undefined when somebody listens on it already.
 * uWebSockets.js either shares a port with other processes in silence or, in its exclusive mode and for port 0, does not
 * take one whose old connections still linger, so that a restart would fail for a minute. So Node is asked first: it
 * takes a port over from lingering connections, and from nobody else.
 */
export function findPort(host: string, port: number): Promise<number | undefined> {
  return new Promise((resolve) => {
    const probe = createServer();
    probe.once('error', () => resolve(undefined));
    probe.listen({ host, port, exclusive: true }, () => {
      const found = (probe.address() as AddressInfo).port;
      probe.close(() => resolve(found));
    });
  });
}
