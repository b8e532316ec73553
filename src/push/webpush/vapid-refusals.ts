/**
 * What push services say of the VAPID keys. Only the services of the browsers count, as anybody may name an address of their own
 * that refuses; and those only where several users' subscriptions are refused and none was accepted since the start, as one that
 * was made for another key is refused, too.
 */
import type { UserId } from '../../core/ids.js';
import { browserServiceOf } from '../browser-services.js';

const REFUSED_USERS_MIN = 3;

interface Answers {
  accepted: boolean;
  readonly refused: Set<UserId>;
}

export class VapidRefusals {
  private readonly services = new Map<string, Answers>();

  /** What the endpoint at `url` answered to a push for `userId`. */
  answered(url: string, userId: UserId, status: number): void {
    const service = browserServiceOf(new URL(url).hostname);
    if (service === undefined) return;
    const answers = this.services.get(service) ?? { accepted: false, refused: new Set() };
    this.services.set(service, answers);
    if (status >= 200 && status < 300) answers.accepted = true;
    const isRefusal = status === 401 || status === 403;
    if (isRefusal && answers.refused.size < REFUSED_USERS_MIN) answers.refused.add(userId);
  }

  /** One sentence for the operator; undefined while nothing is wrong. */
  get reason(): string | undefined {
    for (const [service, { accepted, refused }] of this.services)
      if (!accepted && refused.size >= REFUSED_USERS_MIN) return `the push service ${service} refuses the VAPID keys`;
    return undefined;
  }
}
