/** Whether a message makes a notification. Pure: settings and time are arguments. */
import { type ChannelId, directMembers, type UserId } from '../../core/ids.js';
import type { PushSettings } from '../../core/push.js';
import { mentionsAbsent, mentionsUser } from '../../protocol/mentions.js';
import type { v1 } from '../../protocol/wire.js';

/** Whether this inbox entry may make a notification at all: a message of somebody else, and not hidden. */
export function mayNotify(event: v1.Event, userId: UserId): boolean {
  return event.body === 'message' && event.from !== userId && !event.hidden;
}

/** Whether the message mentions the user. `@here` does while they have a device online, be anybody at it or not. */
export function isMentioned(event: v1.Event, userId: UserId, online: boolean): boolean {
  return online ? mentionsUser(event, userId) : mentionsAbsent(event, userId);
}

/** Whether the message is meant for the user in person: in a direct chat each one is. */
export function isAddressed(channelId: ChannelId, mentioned: boolean): boolean {
  return mentioned || directMembers(channelId) !== undefined;
}

/** Whether the settings let a message of this channel through at `nowMs` (wall clock). */
export function wantsPush(settings: PushSettings, channelId: ChannelId, addressed: boolean, nowMs: number): boolean {
  const own = settings.channels.get(channelId);
  const level = own?.level ?? settings.level;
  if (level === 'nothing' || (level === 'mentions' && !addressed)) return false;
  if (nowMs < settings.muteUntilMs || nowMs < (own?.muteUntilMs ?? 0)) return false;
  return !isQuiet(settings, nowMs);
}

function isQuiet({ doNotDisturb, timeZone }: PushSettings, nowMs: number): boolean {
  if (doNotDisturb === null) return false;
  const { fromMinute, toMinute } = doNotDisturb;
  const minute = minuteOfDay(nowMs, timeZone);
  return fromMinute < toMinute ? minute >= fromMinute && minute < toMinute : minute >= fromMinute || minute < toMinute;
}

/** Minutes since midnight where `timeZone` is; in UTC when this machine does not know the zone. */
function minuteOfDay(nowMs: number, timeZone: string): number {
  const parts = clockOf(timeZone).formatToParts(nowMs);
  const numberOf = (type: string): number => Number(parts.find((part) => part.type === type)?.value ?? 0);
  return numberOf('hour') * 60 + numberOf('minute');
}

function clockOf(timeZone: string): Intl.DateTimeFormat {
  const form = { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' } as const;
  try {
    return new Intl.DateTimeFormat('en', { ...form, timeZone });
  } catch {
    return new Intl.DateTimeFormat('en', { ...form, timeZone: 'UTC' });
  }
}
