/** Dates as people read them, in the browser's language and time zone. */

const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

const clockTime = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit' });
const weekday = new Intl.DateTimeFormat(undefined, { weekday: 'long' });
const shortDate = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'short' });
const longDate = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });
const dateWithYear = new Intl.DateTimeFormat(undefined, { day: 'numeric', month: 'long', year: 'numeric' });
const fullTime = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'short' });

/** Midnight of that day, local time. */
function startOfDay(at: Date): Date {
  return new Date(at.getFullYear(), at.getMonth(), at.getDate());
}

/** Whole calendar days from `at` to `now`; 0 on the same day. Rounds, because some days have 23 or 25 hours. */
function daysBetween(at: Date, now: Date): number {
  return Math.round((startOfDay(now).getTime() - startOfDay(at).getTime()) / DAY_MS);
}

export const timeOfDay = (at: Date): string => clockTime.format(at);
export const exactTime = (at: Date): string => fullTime.format(at);
export const sameDay = (one: Date, other: Date): boolean => daysBetween(one, other) === 0;

/** For a list of conversations: the time today, then `Yesterday`, the weekday, the date. */
export function briefTime(at: Date, now: Date): string {
  const days = daysBetween(at, now);
  if (days <= 0) return timeOfDay(at);
  if (days === 1) return 'Yesterday';
  return days < 7 ? weekday.format(at) : shortDate.format(at);
}

/** For the separator between two days of a conversation. */
export function dayTitle(at: Date, now: Date): string {
  const days = daysBetween(at, now);
  if (days <= 0) return 'Today';
  if (days === 1) return 'Yesterday';
  if (days < 7) return weekday.format(at);
  return at.getFullYear() === now.getFullYear() ? longDate.format(at) : dateWithYear.format(at);
}

/** `last seen 5 minutes ago`, and so on. */
export function lastSeenText(at: Date, now: Date): string {
  const minutes = Math.floor((now.getTime() - at.getTime()) / MINUTE_MS);
  if (minutes < 1) return 'last seen just now';
  if (minutes === 1) return 'last seen a minute ago';
  if (minutes < 60) return `last seen ${minutes} minutes ago`;
  const days = daysBetween(at, now);
  if (days === 0) return `last seen at ${timeOfDay(at)}`;
  if (days === 1) return `last seen yesterday at ${timeOfDay(at)}`;
  return `last seen on ${shortDate.format(at)}`;
}
