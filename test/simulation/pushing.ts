/** The push role in a simulated run, with a push service that is busy now and then; and whether it did what it promises. */
import type { ActorClient } from '../../src/cluster/actor-client.js';
import type { Clock } from '../../src/core/clock.js';
import { userActor } from '../../src/core/ids.js';
import { silentLogger } from '../../src/core/logger.js';
import { noMetrics } from '../../src/core/metrics.js';
import type { PushEndpoints, PushJob, PushSettings } from '../../src/core/push.js';
import type { v1 } from '../../src/protocol/wire.js';
import { Dispatch } from '../../src/push/dispatch.js';
import type { SendOutcome } from '../../src/push/sender.js';
import type { Faults } from './faults.js';

/** Who has a phone and no session, ever, and with whom alice talks. */
export const AWAY = 'dave';
export const AWAY_CHANNEL = 'alice~dave';

export const AWAY_SETTINGS: PushSettings = {
  ...{ level: 'everything', muteUntilMs: 0, doNotDisturb: null, timeZone: 'UTC', channels: new Map() },
};

/** What a push service took. */
export interface Pushed {
  /** The process that sent it. */
  readonly by: string;
  readonly channelId: string;
  readonly seq: number;
}

export interface PushingDeps {
  readonly incarnation: string;
  readonly clock: Clock;
  readonly faults: Faults;
  readonly actors: ActorClient;
  readonly pushed: Pushed[];
}

export function simulatedDispatch({ incarnation, clock, faults, actors, pushed }: PushingDeps): Dispatch {
  const endpoints: PushEndpoints = {
    set: () => Promise.resolve([]),
    remove: () => Promise.resolve(false),
    list(userId) {
      if (faults.happens('directory away', 0.05)) return Promise.reject(new Error('the directory is away'));
      const phone = { deviceId: 'phone', endpoint: { kind: 'fcm', token: userId } } as const;
      return Promise.resolve(userId === AWAY ? [phone] : []);
    },
  };
  const fcm = {
    send(_: unknown, { channelId, seq }: PushJob): Promise<SendOutcome> {
      if (faults.happens('push service busy', 0.2))
        return Promise.resolve({ type: 'retry', reason: 'busy', afterMs: undefined });
      pushed.push({ by: incarnation, channelId, seq });
      return Promise.resolve({ type: 'sent' });
    },
  };
  return new Dispatch({
    ...{ endpoints, senders: { fcm }, clock, logger: silentLogger, metrics: noMetrics },
    random: { fraction: () => faults.below(1_000) / 1_000, bytes: (count) => new Uint8Array(count) },
    done: ({ userId, channelId, seq, type }) =>
      actors.tell(userActor(userId), { type: 'push_done', channelId, seq, job: type }),
    endpointsChanged: () => undefined,
    serves: () => true,
  });
}

/** None is lost, whatever dies; and no process sends one twice, so that only a crash does. */
export function judgePushes(pushed: readonly Pushed[], log: readonly v1.Event[]): string[] {
  const findings: string[] = [];
  const sent = new Set<string>();
  for (const { by, channelId, seq } of pushed) {
    const key = `${by} sent a push of ${channelId} up to ${seq}`;
    if (sent.has(key)) findings.push(`${key} twice`);
    sent.add(key);
  }
  const told = Math.max(0, ...pushed.map(({ seq }) => seq));
  const newest = log.findLast((event) => event.body === 'message' && event.from !== AWAY)?.seq ?? 0;
  if (told < newest)
    findings.push(`${AWAY} was pushed ${AWAY_CHANNEL} up to ${told}, and it has a message at ${newest}`);
  return findings;
}
