/** Where the actors of a shard are asked for, as one process knows it. A hint: whoever is asked knows better. */
export interface Routes {
  /** The incarnation to ask; undefined while nobody is known. */
  ownerOf(shard: number): string | undefined;
  /** Called with the shards that have another owner now, who has claimed them; returns what stops it. */
  onMoved(listener: (shards: readonly number[]) => void): () => void;
}

/** The routes of the embedded form: everything is owned by this process. */
export function soleOwner(incarnation: string): Routes {
  return { ownerOf: () => incarnation, onMoved: () => () => undefined };
}
