/** Bus subjects as NATS subjects: any text, below `parley.<cluster>`, so that clusters share a server without meeting. */
import { ParleyError } from '../../../core/errors.js';

/** Below what a NATS server takes as a line of its protocol (4 KiB), with room for the rest of that line. */
const SUBJECT_CHARACTERS_MAX = 1_000;
const PLAIN = /^[A-Za-z0-9_~-]+$/;
const utf8 = new TextEncoder();

/** One token. What means something to NATS, or might, becomes `=` and the hexadecimal of its UTF-8 bytes; none is empty. */
function tokenOf(text: string): string {
  if (PLAIN.test(text)) return text;
  if (text === '') return '=';
  return text.replace(/[^A-Za-z0-9_~-]/gu, (character) =>
    [...utf8.encode(character)].map((byte) => `=${byte.toString(16).padStart(2, '0')}`).join(''),
  );
}

/** Different for different subjects. Throws `invalid_argument` for one that is too long for NATS. */
export function natsSubject(cluster: string, subject: string): string {
  const whole = ['parley', tokenOf(cluster), ...subject.split('.').map(tokenOf)].join('.');
  if (whole.length > SUBJECT_CHARACTERS_MAX) {
    throw new ParleyError('invalid_argument', { sentence: 'The subject is too long for the bus.' });
  }
  return whole;
}

/** Names are asked for with every envelope, and mostly the same ones. */
const REMEMBERED_MAX = 10_000;

/** natsSubject, remembered. */
export class SubjectNames {
  private readonly cluster: string;
  private readonly names = new Map<string, string>();

  constructor(cluster: string) {
    this.cluster = cluster;
  }

  of(subject: string): string {
    const known = this.names.get(subject);
    if (known !== undefined) return known;
    const name = natsSubject(this.cluster, subject);
    if (this.names.size >= REMEMBERED_MAX) this.names.clear();
    this.names.set(subject, name);
    return name;
  }
}
