import { LIMITS } from '../../core/limits.js';
import type { Audience } from '../../core/people.js';
import type { DoNotDisturb, NotificationLevel, ProfileChange, Settings } from '../settings.js';
import { checkLabel, checkTime, invalid } from './checks.js';

const LEVELS: readonly NotificationLevel[] = ['everything', 'mentions', 'nothing'];
const AUDIENCES: readonly Audience[] = ['everyone', 'friends', 'nobody'];
const MINUTES_A_DAY = 24 * 60;

/** The change with its values in their canonical form. Throws `invalid_argument`. */
export function checkedProfileChange(change: ProfileChange): ProfileChange {
  return {
    ...(change.displayName === undefined
      ? {}
      : { displayName: checkLabel(change.displayName, LIMITS.displayNameCharactersMax, 'A display name') }),
    ...(change.locale === undefined ? {} : { locale: canonicalLocale(change.locale) }),
    ...(change.timeZone === undefined ? {} : { timeZone: checkedTimeZone(change.timeZone) }),
  };
}

/** Throws `invalid_argument` with a sentence that says which of the values is none. */
export function checkSettings(settings: Settings): void {
  if (!LEVELS.includes(settings.notificationLevel))
    throw invalid(`A notification level is one of ${LEVELS.join(', ')}.`);
  checkTime(settings.muteUntilMs, 'The end of the mute');
  if (settings.doNotDisturb !== null) checkDoNotDisturb(settings.doNotDisturb);
  for (const audience of [settings.presenceFor, settings.receiptsFor])
    if (!AUDIENCES.includes(audience)) throw invalid(`Who may see it is one of ${AUDIENCES.join(', ')}.`);
}

function checkDoNotDisturb({ fromMinute, toMinute }: DoNotDisturb): void {
  for (const minute of [fromMinute, toMinute])
    if (!Number.isInteger(minute) || minute < 0 || minute >= MINUTES_A_DAY)
      throw invalid('Do-not-disturb hours are minutes since midnight, 0 to 1439.');
  if (fromMinute === toMinute) throw invalid('Do-not-disturb hours begin and end at different times.');
}

function canonicalLocale(tag: string): string {
  try {
    const [canonical] = tag.length <= 35 ? Intl.getCanonicalLocales(tag) : [];
    if (canonical) return canonical;
  } catch {
    // a RangeError: not a tag
  }
  throw invalid('A locale is a language tag such as en or pt-BR.');
}

function checkedTimeZone(name: string): string {
  try {
    // Not resolvedOptions().timeZone: that turns a zone's name into an older alias of it.
    if (/^[A-Za-z][A-Za-z0-9_+/-]{0,63}$/.test(name) && new Intl.DateTimeFormat('en', { timeZone: name })) return name;
  } catch {
    // a RangeError: no such zone
  }
  throw invalid('A time zone is a name such as Europe/Lisbon.');
}
