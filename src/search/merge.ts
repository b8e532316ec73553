/** Segments that follow each other, made one: their words are walked side by side, a block of each in memory. */
import { type Block, BlockReader, BlockWriter } from './blocks.js';

/** Where the blocks of one segment come from. */
export interface MergeSource {
  readonly firstSeq: number;
  readonly blocks: number;
  read(block: number): Promise<Uint8Array>;
}

class Walk {
  private readonly source: MergeSource;
  private nextBlock = 0;
  private reader: BlockReader | undefined;

  constructor(source: MergeSource) {
    this.source = source;
  }

  get term(): string | undefined {
    return this.reader?.term;
  }

  /** To the next word of the block in memory; false at its end, where `load` goes on. */
  next(): boolean {
    return this.reader?.next() ?? false;
  }

  /** To the first word of the next block that has one, or to the end. */
  async load(): Promise<void> {
    this.reader = undefined;
    while (this.nextBlock < this.source.blocks) {
      const reader = new BlockReader(await this.source.read(this.nextBlock++), this.source.firstSeq);
      if (!reader.next()) continue;
      this.reader = reader;
      return;
    }
  }

  readInto(seqs: number[]): void {
    this.reader?.readInto(seqs);
  }
}

function smallest(walks: readonly Walk[]): string | undefined {
  let least: string | undefined;
  for (const { term } of walks) if (term !== undefined && (least === undefined || term < least)) least = term;
  return least;
}

/** Words between two pauses: well below a millisecond of work. */
const TERMS_A_SLICE = 500;

/**
 * Hands the blocks of the merged segment to `write`, in order, without the positions in `dropped`; `pause` lets others have
 * their turn.
 */
export async function mergeBlocks(
  sources: readonly MergeSource[],
  dropped: ReadonlySet<number>,
  write: (blocks: readonly Block[]) => Promise<void>,
  pause: () => Promise<void>,
): Promise<void> {
  const writer = new BlockWriter(sources[0]?.firstSeq ?? 0);
  const walks = sources.map((source) => new Walk(source));
  for (const walk of walks) await walk.load();
  let terms = 0;
  for (let term = smallest(walks); term !== undefined; term = smallest(walks)) {
    const seqs: number[] = [];
    for (const walk of walks) {
      while (walk.term === term) {
        walk.readInto(seqs);
        if (!walk.next()) await walk.load();
      }
    }
    writer.add(term, dropped.size === 0 ? seqs : seqs.filter((seq) => !dropped.has(seq)));
    if (++terms % TERMS_A_SLICE > 0) continue;
    await write(writer.take(false));
    await pause();
  }
  await write(writer.take(true));
}
