/**
 * Changes that are shown at once and saved one after another. While others wait, the answer to one is not shown: it does not
 * know of them, and would take them back before the eyes of whoever made them.
 */
export class SavedInOrder<Value extends object> {
  private readonly save: (change: Partial<Value>) => Promise<Value>;
  private readonly show: (value: Value, isSaved: boolean) => void;
  private shown: Value;
  /** What the server said last. */
  private saved: Value;
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  constructor(
    saved: Value,
    save: (change: Partial<Value>) => Promise<Value>,
    show: (value: Value, isSaved: boolean) => void,
  ) {
    this.saved = saved;
    this.shown = saved;
    this.save = save;
    this.show = show;
    show(saved, true);
  }

  /** Rejects when it is not saved: then what is saved is shown again. */
  async change(change: Partial<Value>): Promise<void> {
    this.waiting++;
    this.shown = { ...this.shown, ...change };
    this.show(this.shown, false);
    const saving = this.last.then(() => this.save(change));
    this.last = saving.catch(() => undefined);
    try {
      this.saved = await saving;
    } finally {
      this.waiting--;
      if (this.waiting === 0) {
        this.shown = this.saved;
        this.show(this.shown, true);
      }
    }
  }
}
