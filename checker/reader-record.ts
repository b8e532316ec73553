import type { ChannelRecord, Complaint } from './channel-record.js';

/** What of a channel a device has to be given. */
export interface Due {
  /** Nothing before this is for the user at all. */
  readonly joinedSeq: number;
  /** From here on it is judged; what came before it, a new device was given or not. */
  readonly firstSeq: number;
  readonly lastSeq: number;
}

/** The seqs of one channel that one device was given, in that order. Four bytes an event. */
export class ReaderRecord {
  private seqs = new Uint32Array(16);
  private count = 0;

  add(seq: number): void {
    if (this.count === this.seqs.length) {
      const larger = new Uint32Array(this.count * 2);
      larger.set(this.seqs);
      this.seqs = larger;
    }
    this.seqs[this.count++] = seq;
  }

  /** `due` undefined: nobody says what this device is due, so only order and gaps count. */
  *complaints(
    channel: ChannelRecord,
    name: string,
    due: Due | undefined,
    excuses: (seq: number) => boolean,
  ): Generator<Complaint> {
    const given = this.seqs.subarray(0, this.count);
    let highest = due === undefined ? (given[0] ?? 1) - 1 : due.firstSeq - 1;
    let all: Set<number> | undefined;
    const missing = (seq: number): boolean => {
      if (excuses(seq)) return false;
      all ??= new Set(given);
      return !all.has(seq);
    };
    for (let index = 0; index < given.length; index++) {
      const seq = given[index] ?? 0;
      if (due !== undefined && seq < due.joinedSeq) yield beforeJoining(seq, due, name);
      if (due !== undefined && seq < due.firstSeq) continue;
      if (seq <= highest) yield this.notHigher(seq, index, highest, name);
      for (let between = highest + 1; between < seq; between++)
        if (missing(between))
          yield { guarantee: 'G2', sentence: `${name} saw ${highest} and then ${seq}, but never ${between}` };
      if (seq > highest) highest = seq;
    }
    if (due === undefined) return;
    if (highest > due.lastSeq)
      yield { guarantee: 'G3', sentence: `${name} was given ${highest}, beyond its last, ${due.lastSeq}` };
    for (let seq = highest + 1; seq <= due.lastSeq; seq++)
      if (missing(seq)) yield { guarantee: 'G3', sentence: `${name} never got ${seq} of ${channel.head}` };
  }

  private notHigher(seq: number, index: number, highest: number, name: string): Complaint {
    const twice = this.seqs.subarray(0, index).includes(seq);
    return twice
      ? { guarantee: 'G3', sentence: `${name} was given ${seq} twice` }
      : { guarantee: 'G2', sentence: `${name} saw ${highest} before ${seq}` };
  }
}

function beforeJoining(seq: number, { joinedSeq }: Due, name: string): Complaint {
  return { guarantee: 'G3', sentence: `${name} was given ${seq}, but joined at ${joinedSeq}` };
}
