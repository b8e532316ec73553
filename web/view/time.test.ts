import { describe, expect, it } from 'vitest';
import { briefTime, dayTitle, lastSeenText, sameDay, timeOfDay } from './time.js';

const now = new Date(2026, 2, 12, 14, 30);
const at = (day: number, hour = 9, month = 2, year = 2026): Date => new Date(year, month, day, hour, 5);

describe('times as people read them', () => {
  it('shows the time of day for today, then the name of the day, then the date', () => {
    expect(briefTime(at(12), now)).toBe(timeOfDay(at(12)));
    expect(briefTime(at(11, 23), now)).toBe('Yesterday');
    expect(briefTime(at(8), now)).toBe(new Intl.DateTimeFormat(undefined, { weekday: 'long' }).format(at(8)));
    expect(briefTime(at(1), now)).toMatch(/1/);
  });

  it('titles a day by how far it is from today, with the year only when it is another', () => {
    expect(dayTitle(at(12), now)).toBe('Today');
    expect(dayTitle(at(11), now)).toBe('Yesterday');
    expect(dayTitle(at(12, 9, 0), now)).not.toMatch(/2026/);
    expect(dayTitle(at(12, 9, 0, 2025), now)).toMatch(/2025/);
  });

  it('calls a clock that is a little ahead today, not tomorrow', () => {
    expect(dayTitle(at(13, 0), now)).toBe('Today');
    expect(lastSeenText(new Date(now.getTime() + 5_000), now)).toBe('last seen just now');
  });

  it('tells when someone was last seen, coarser the longer ago', () => {
    const ago = (minutes: number): Date => new Date(now.getTime() - minutes * 60_000);
    expect(lastSeenText(ago(0), now)).toBe('last seen just now');
    expect(lastSeenText(ago(1), now)).toBe('last seen a minute ago');
    expect(lastSeenText(ago(59), now)).toBe('last seen 59 minutes ago');
    expect(lastSeenText(ago(120), now)).toBe(`last seen at ${timeOfDay(ago(120))}`);
    expect(lastSeenText(at(11), now)).toBe(`last seen yesterday at ${timeOfDay(at(11))}`);
  });

  it('separates days by the calendar, not by 24 hours', () => {
    expect(sameDay(new Date(2026, 2, 12, 0, 1), new Date(2026, 2, 12, 23, 59))).toBe(true);
    expect(sameDay(new Date(2026, 2, 11, 23, 59), new Date(2026, 2, 12, 0, 1))).toBe(false);
  });
});
