/** How many pushes are sent at once: so many in all, few of them to one host or of one user, so that none holds up the others. */
import type { UserId } from '../core/ids.js';
import { KeyedSlots } from '../core/keyed-slots.js';
import { LIMITS } from '../core/limits.js';
import type { PushEndpoint } from '../core/push.js';
import { Slots } from '../core/slots.js';
import { browserServiceOf } from './browser-services.js';

export class SendSlots {
  private readonly all = new Slots(LIMITS.pushSendsAtOnceMax);
  private readonly hosts = new KeyedSlots<string>();
  private readonly users = new KeyedSlots<UserId>();

  /** The shared slot is taken last: what waits for a host or a user holds none. */
  run<Result>(userId: UserId, endpoint: PushEndpoint, work: () => Promise<Result>): Promise<Result> {
    const { host, atOnce } = hostOf(endpoint);
    const toHost = () => this.hosts.run(host, atOnce, () => this.all.run(work));
    return this.users.run(userId, LIMITS.pushSendsPerUserMax, toHost);
  }
}

/** A push service is everybody's; any other address is one that a user chose. */
function hostOf(endpoint: PushEndpoint): { readonly host: string; readonly atOnce: number } {
  const [service, own] = [LIMITS.pushSendsPerServiceMax, LIMITS.pushSendsPerHostMax];
  if (!('url' in endpoint)) return { host: endpoint.kind, atOnce: service };
  const hostname = URL.canParse(endpoint.url) ? new URL(endpoint.url).hostname : '';
  const browsers = browserServiceOf(hostname);
  return browsers === undefined ? { host: hostname, atOnce: own } : { host: browsers, atOnce: service };
}
