/** Saves a device's state: soon when the outbox changed, else at most once a second; one save at a time. */
import { ParleyError } from '../src/core/errors.js';
import type { ClientClock } from './clock.js';
import type { ClientState, ClientStorage } from './storage.js';

const SAVE_EVERY_MS = 1000;
/** Whoever must know that the state is saved waits so long for a storage, at most. */
const SAVE_WAIT_MS = 2000;

export class StateKeeper {
  private readonly storage: ClientStorage | undefined;
  private readonly clock: ClientClock;
  private readonly snapshot: () => ClientState | undefined;
  private readonly onProblem: (error: unknown) => void;
  private soon: Promise<void> | undefined;
  private later = false;
  private saving = false;
  /** Told when the save after the one under way has ended. */
  private waiting: (() => void)[] = [];
  /** Whether the last save that has ended did not fail. */
  saved = false;
  /** The save under way has taken too long already: nobody waits for it. */
  private slow = false;
  private readonly impatient = new Set<() => void>();

  constructor(
    storage: ClientStorage | undefined,
    clock: ClientClock,
    snapshot: () => ClientState | undefined,
    onProblem: (error: unknown) => void,
  ) {
    this.storage = storage;
    this.clock = clock;
    this.snapshot = snapshot;
    this.onProblem = onProblem;
  }

  /** At the end of this turn: changes that are made together are saved together. */
  saveSoon(): Promise<void> {
    this.soon ??= Promise.resolve().then(() => {
      this.soon = undefined;
      return this.save();
    });
    return this.soon;
  }

  /**
   * Saves soon. Resolves when that is done, has failed, or takes too long; undefined: there is nothing to wait for, since
   * there is no storage, or it has been too slow up to now.
   */
  savedSoon(): Promise<void> | undefined {
    const saved = this.saveSoon();
    if (this.storage === undefined || this.slow) return undefined;
    return new Promise((resolve) => {
      this.impatient.add(resolve);
      void saved.then(() => {
        this.impatient.delete(resolve);
        resolve();
      });
    });
  }

  saveLater(): void {
    if (this.storage === undefined || this.later) return;
    this.later = true;
    this.clock.after(SAVE_EVERY_MS, () => {
      this.later = false;
      void this.save();
    });
  }

  /** Never rejects. Resolves when a state at least as new as this call's is saved, or that failed. */
  save(): Promise<void> {
    const { storage } = this;
    if (storage === undefined) return Promise.resolve();
    return new Promise((resolve) => {
      this.waiting.push(resolve);
      if (!this.saving) void this.saveAll(storage);
    });
  }

  private async saveAll(storage: ClientStorage): Promise<void> {
    this.saving = true;
    while (this.waiting.length > 0) {
      const waiting = this.waiting.splice(0);
      try {
        const state = this.snapshot();
        if (state !== undefined) await this.inTime(storage.save(state));
        this.saved = true;
      } catch (error) {
        this.saved = false;
        this.onProblem(error);
      }
      for (const resolve of waiting) resolve();
    }
    this.saving = false;
  }

  private async inTime(saved: void | Promise<void>): Promise<void> {
    if (saved === undefined) return;
    const cancel = this.clock.after(SAVE_WAIT_MS, () => this.tooSlow());
    try {
      await saved;
    } finally {
      cancel();
      this.slow = false;
    }
  }

  private tooSlow(): void {
    this.slow = true;
    for (const resolve of this.impatient) resolve();
    this.impatient.clear();
    this.onProblem(new ParleyError('timeout', { sentence: 'The storage has not saved in time; sending goes on.' }));
  }
}
