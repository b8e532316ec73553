/** The notice to everyone: put up, shown, withdrawn. */
import { ParleyError } from '../../core/errors.js';
import { LIMITS } from '../../core/limits.js';
import type { StandingNotice } from '../../core/notice.js';
import { randomName, systemRandom } from '../../core/random.js';
import type { admin } from '../../protocol/admin-messages.js';
import { Long } from '../../protocol/wire.js';
import type { AdminDeps } from '../deps.js';

const STANDS_MS = 3_600_000;
const ID_CHARACTERS = 12;
const CONTROL_CHARACTER = /(?!\n)\p{Control}/u;

const NONE: admin.INotice = { noticeId: '', text: '', untilMs: Long.UZERO };

function messageOf({ id, text, untilMs }: StandingNotice): admin.INotice {
  return { noticeId: id, text, untilMs: Long.fromNumber(untilMs, true) };
}

/** What stands now; empty: none. */
export async function getNotice({ notices, clock }: AdminDeps): Promise<admin.INotice> {
  const notice = notices.notice();
  return notice === undefined || notice.untilMs <= clock.now() ? NONE : messageOf(notice);
}

export async function setNotice(
  { notices, clock }: AdminDeps,
  { text, standsMs }: admin.INoticeRequest,
): Promise<admin.INotice> {
  const said = (text ?? '').trim();
  const characters = [...said].length;
  if (characters === 0 || characters > LIMITS.noticeCharactersMax)
    throw new ParleyError('invalid_argument', {
      sentence: `A notice has 1 to ${LIMITS.noticeCharactersMax} characters.`,
    });
  if (CONTROL_CHARACTER.test(said))
    throw new ParleyError('invalid_argument', { sentence: 'A notice has no control characters but line breaks.' });
  const forMs = standsMs?.toNumber() || STANDS_MS;
  if (forMs > LIMITS.noticeMsMax)
    throw new ParleyError('invalid_argument', { sentence: 'A notice stands for seven days at most.' });
  const id = randomName(systemRandom, ID_CHARACTERS);
  const notice: StandingNotice = { id, text: said, untilMs: clock.now() + forMs };
  await notices.setNotice(notice);
  return messageOf(notice);
}

/** Also when there is none. */
export async function withdrawNotice({ notices }: AdminDeps): Promise<admin.INotice> {
  await notices.setNotice(undefined);
  return NONE;
}
