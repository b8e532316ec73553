import type { Bus } from '../../core/bus.js';
import type { Clock } from '../../core/clock.js';
import type { HappeningType, TellHappening } from '../../core/happenings.js';
import type { Logger } from '../../core/logger.js';
import { rateOf, takeToken } from '../../core/rate.js';
import type { BusEnvelope } from '../../protocol/bus-messages.js';
import { EVENTS_SUBJECT } from '../../protocol/bus-subjects.js';
import { Long } from '../../protocol/wire.js';

/** When very much happens, a part of it says enough. */
const RATE = rateOf(10, 100);

export interface ReporterDeps {
  readonly bus: Bus<BusEnvelope>;
  readonly incarnation: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Tells what happens in this process to whoever listens: ten events a second at most, and how many it kept to itself. */
export class EventReporter {
  private readonly deps: ReporterDeps;
  private bucket = 0;
  private untold = 0;

  constructor(deps: ReporterDeps) {
    this.deps = deps;
  }

  readonly tell: TellHappening = (type, subject, text) => {
    const { clock } = this.deps;
    const next = takeToken(this.bucket, Math.trunc(clock.monotonic()), RATE);
    if (next === undefined) {
      this.untold++;
      return;
    }
    this.bucket = next;
    this.publish(type, subject, text);
  };

  private publish(type: HappeningType, subject: string, text: string): void {
    const { bus, incarnation, clock, logger } = this.deps;
    const atMs = Long.fromNumber(clock.now(), true);
    const event = { atMs, type, subject, text, process: incarnation, lost: this.untold };
    this.untold = 0;
    try {
      bus.publish(EVENTS_SUBJECT, [{ type: 'operations_event', event }]);
    } catch (cause) {
      logger.debug({ err: cause, type }, 'an event was not told');
    }
  }
}
