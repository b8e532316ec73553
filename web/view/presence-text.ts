import type { Presence } from '../../client/index.js';
import { lastSeenText } from './time.js';

const THERE = { online: 'online', away: 'away', doNotDisturb: 'do not disturb' } as const;

/** Empty where it is not known or not shown. */
export function presenceText(presence: Presence | undefined): string {
  if (presence !== undefined && presence.state in THERE) {
    const said = THERE[presence.state as keyof typeof THERE];
    return presence.status === '' ? said : `${said} · ${presence.status}`;
  }
  if (presence?.state !== 'offline') return '';
  return presence.lastSeen === undefined ? 'offline' : lastSeenText(presence.lastSeen, new Date());
}
