/** A typed emitter: `Events` maps each name to its listener's arguments. */
export class Emitter<Events extends { [Name in keyof Events]: readonly unknown[] }> {
  private readonly listeners: { [Name in keyof Events]?: readonly ((...args: Events[Name]) => void)[] } = {};
  private readonly onThrown: (error: unknown) => void;

  constructor(onThrown: (error: unknown) => void) {
    this.onThrown = onThrown;
  }

  /** Calls `listener` on each event from now on; returns what stops that. */
  on<Name extends keyof Events>(name: Name, listener: (...args: Events[Name]) => void): () => void {
    this.listeners[name] = [...(this.listeners[name] ?? []), listener];
    return () => {
      const left = this.listeners[name]?.filter((other) => other !== listener) ?? [];
      if (left.length === 0) delete this.listeners[name];
      else this.listeners[name] = left;
    };
  }

  /** Calls the listeners in the order they came. What one throws does not keep the event from the others. */
  emit<Name extends keyof Events>(name: Name, ...args: Events[Name]): void {
    const listeners = this.listeners[name];
    if (listeners === undefined) return;
    for (const listener of listeners) {
      try {
        listener(...args);
      } catch (error) {
        this.onThrown(error);
      }
    }
  }
}
