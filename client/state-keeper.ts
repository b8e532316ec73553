/** Saves a device's state: soon when the outbox changed, else at most once a second; one save at a time. */
import type { ClientClock } from './clock.js';
import type { ClientState, ClientStorage } from './storage.js';

const SAVE_EVERY_MS = 1000;

export class StateKeeper {
  private readonly storage: ClientStorage | undefined;
  private readonly clock: ClientClock;
  private readonly snapshot: () => ClientState | undefined;
  private readonly onProblem: (error: unknown) => void;
  private soon = false;
  private later = false;
  private saving: Promise<void> | undefined;
  private again = false;

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

  saveSoon(): void {
    if (this.storage === undefined || this.soon) return;
    this.soon = true;
    queueMicrotask(() => {
      this.soon = false;
      void this.save();
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
  async save(): Promise<void> {
    if (this.storage === undefined) return;
    if (this.saving !== undefined) {
      this.again = true;
      return this.saving;
    }
    this.saving = this.saveAll(this.storage);
    await this.saving;
  }

  private async saveAll(storage: ClientStorage): Promise<void> {
    do {
      this.again = false;
      try {
        const state = this.snapshot();
        if (state !== undefined) await storage.save(state);
      } catch (error) {
        this.onProblem(error);
      }
    } while (this.again);
    this.saving = undefined;
  }
}
