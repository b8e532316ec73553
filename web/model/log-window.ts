/** The part of a channel's log that a conversation shows: without gaps, and mostly up to the head. */
import type { ChannelEvent } from '../../client/index.js';
import { mergeEvents } from './lines.js';
import { remembered } from './remembered.js';

/** Later edits, deletions and reactions that are kept for a window far from the head. */
const CHANGES_MAX = 1000;

export interface LogPage {
  readonly events: readonly ChannelEvent[];
  readonly head: number;
  readonly floor: number;
}

export class LogWindow {
  events: readonly ChannelEvent[] = [];
  /** Nothing lies before the first event. */
  complete = false;
  /** It ends at the head: what comes live belongs to it. */
  atHead = true;
  private changes: readonly ChannelEvent[] = [];
  /** The newest that came live. */
  private heard = 0;
  private readonly merged = remembered(mergeEvents);

  get first(): number {
    return this.events[0]?.seq ?? 0;
  }

  get last(): number {
    return this.events.at(-1)?.seq ?? 0;
  }

  /** The window, and what became of its messages later; the same list until something of it is another. */
  get shown(): readonly ChannelEvent[] {
    return this.changes.length === 0 ? this.events : this.merged(this.events, this.changes);
  }

  covers(seq: number): boolean {
    return seq >= this.first && seq <= this.last;
  }

  /** A live event. */
  add(event: ChannelEvent): void {
    this.heard = Math.max(this.heard, event.seq);
    if (!this.atHead) {
      if ('target' in event) this.changes = [...this.changes, event].slice(-CHANGES_MAX);
      return;
    }
    if (this.events.length > 0 && event.seq > this.last + 1) {
      this.events = [event]; // a hole: show what is surely whole, and page the rest again
      this.complete = false;
    } else {
      this.events = mergeEvents(this.events, [event]);
    }
    this.complete ||= event.seq === 1;
  }

  /** The newest page, or the one before what is there. */
  take(page: LogPage): void {
    const last = page.events.at(-1)?.seq ?? 0;
    // What was kept and does not touch the page would leave a hole: the page is the newer truth, but for a later event.
    const touching = this.events.length === 0 || last + 1 >= this.first;
    this.events = touching ? mergeEvents(this.events, page.events) : this.events;
    this.complete = (this.events[0]?.seq ?? page.floor + 1) <= page.floor + 1 || page.events.length === 0;
  }

  /** The page after what is there. */
  takeNewer(page: LogPage): void {
    this.events = mergeEvents(this.events, page.events);
    this.settle(page);
  }

  /** Another part of the log in place of this one: `page` ends it. */
  replace(events: readonly ChannelEvent[], page: LogPage): void {
    this.events = events;
    this.complete = this.first <= page.floor + 1;
    this.changes = [];
    this.settle(page);
  }

  /** Lets go of what lies before `seq`. */
  dropBefore(seq: number): void {
    this.events = this.events.filter((event) => event.seq >= seq);
    this.complete = false;
  }

  private settle(page: LogPage): void {
    this.atHead = this.last >= Math.max(page.head, this.heard);
    if (this.atHead) this.changes = [];
  }
}
