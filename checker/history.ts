/** What clients and logs noted of a run: the material from which the checker judges the guarantees. */

/** A send that was tried, once per message however many attempts it took. */
export interface SentMessage {
  readonly channelId: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly clientMessageId: string;
  /** Grows within (device, channel) in the order in which the application sent. */
  readonly order: number;
}

export interface AcknowledgedMessage {
  readonly channelId: string;
  readonly userId: string;
  readonly deviceId: string;
  readonly clientMessageId: string;
  readonly seq: number;
  readonly messageId: string;
}

/** Position `seq` of a channel as somebody saw it. */
export interface Position {
  readonly seq: number;
  readonly messageId: string;
  /** '' where it is not told. */
  readonly from: string;
  /** '' on events that are not messages, and where the body is withheld. */
  readonly clientMessageId: string;
}

/** One event handed to the application of a device, which did not ask for it: pages of history are no such events. */
export interface SeenEvent extends Position {
  readonly channelId: string;
  readonly userId: string;
  readonly deviceId: string;
}

/** A device that was still there at the end of the run, after everything had come to rest. */
export interface Reader {
  readonly userId: string;
  readonly deviceId: string;
  /** Whether the acknowledgement of an own message stands for its event, or the event is seen as well. */
  readonly ownMessages: 'acknowledged' | 'seen';
  /** What the device was given before this seq does not matter (a new device starts at the head). Default 1. */
  readonly firstSeq?: number;
}

export interface Membership {
  readonly channelId: string;
  readonly userId: string;
  /** The first seq that the member is due, which is its join; earlier ones are not for it. Default 1. */
  readonly firstSeq?: number;
  /** The last one; default: the channel's head. */
  readonly lastSeq?: number;
}

export interface ChannelLog {
  readonly channelId: string;
  /** The oldest that is kept, as the reader was told; default 1. */
  readonly firstSeq?: number;
  /** As read at the end, from the oldest that is kept to the head; empty when the channel is not there. */
  readonly events: readonly Position[];
}

/** A run. Of one device and channel, `seen` is in the order in which the application was given the events. */
export interface History {
  readonly sent?: Iterable<SentMessage>;
  readonly acknowledged?: Iterable<AcknowledgedMessage>;
  readonly seen?: Iterable<SeenEvent>;
  readonly readers?: Iterable<Reader>;
  readonly members?: Iterable<Membership>;
  readonly logs?: Iterable<ChannelLog>;
}

/** Guarantees of docs/ARCHITECTURE.md. */
export type Guarantee = 'G1' | 'G2' | 'G3' | 'G4';

export interface Finding {
  readonly guarantee: Guarantee;
  readonly channelId: string;
  readonly sentence: string;
}

export interface Verdict {
  /** The first findings, at most FINDINGS_KEPT. */
  readonly findings: readonly Finding[];
  /** How many there were of each, also beyond those kept. */
  readonly broken: Readonly<Record<Guarantee, number>>;
  readonly counts: {
    readonly sent: number;
    readonly acknowledged: number;
    readonly seen: number;
    readonly channels: number;
    /** Devices of which it was said that they were there at the end: those of whom nothing may be missing. */
    readonly readers: number;
  };
}
