/** Of Chrome and what is built on it, Firefox, Safari, Edge: these hosts, and those below them. */
const SERVICES = ['fcm.googleapis.com', 'push.services.mozilla.com', 'push.apple.com', 'notify.windows.com'];

/** Which browser's push service is at `hostname`; undefined where it is an address of somebody's own. */
export function browserServiceOf(hostname: string): string | undefined {
  return SERVICES.find((name) => hostname === name || hostname.endsWith(`.${name}`));
}
