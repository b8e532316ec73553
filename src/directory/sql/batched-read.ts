import { ParleyError } from '../../core/errors.js';
import { RETRY_AFTER_MS } from '../../core/retry-after.js';

export interface BatchedReadOptions<Key, Value> {
  /** Reads these, at most `batchMax` and each once; what is not in the answer is not there. */
  readonly read: (keys: readonly Key[]) => Promise<ReadonlyMap<Key, Value>>;
  readonly batchMax: number;
  readonly batchesAtOnce: number;
  /** Keys waiting for their batch; more are refused with `overloaded`. */
  readonly waitingMax: number;
}

/**
 * Reads one key at a time for its callers, and many at once of the database: whatever is asked while other batches are under way
 * goes together in the next. A read begins after it was asked for, so it sees every write that resolved before.
 */
export class BatchedRead<Key, Value> {
  private readonly options: BatchedReadOptions<Key, Value>;
  private readonly waiting = new Map<Key, Call<Value | undefined>>();
  private underWay = 0;

  constructor(options: BatchedReadOptions<Key, Value>) {
    this.options = options;
  }

  /** Undefined when it is not there. Rejects as `read` does. */
  get(key: Key): Promise<Value | undefined> {
    let call = this.waiting.get(key);
    if (call === undefined) {
      if (this.waiting.size >= this.options.waitingMax)
        return Promise.reject(new ParleyError('overloaded', { retryAfterMs: RETRY_AFTER_MS.slow }));
      call = newCall();
      this.waiting.set(key, call);
      this.start();
    }
    return call.promise;
  }

  private start(): void {
    const { batchMax, batchesAtOnce } = this.options;
    if (this.underWay >= batchesAtOnce || this.waiting.size === 0) return;
    const batch = new Map([...this.waiting].slice(0, batchMax));
    for (const key of batch.keys()) this.waiting.delete(key);
    this.underWay++;
    void this.run(batch);
  }

  private async run(batch: ReadonlyMap<Key, Call<Value | undefined>>): Promise<void> {
    try {
      const found = await this.options.read([...batch.keys()]);
      for (const [key, { resolve }] of batch) resolve(found.get(key));
    } catch (cause) {
      for (const { reject } of batch.values()) reject(cause);
    }
    this.underWay--;
    this.start();
  }
}

interface Call<Value> {
  readonly promise: Promise<Value>;
  readonly resolve: (value: Value) => void;
  readonly reject: (cause: unknown) => void;
}

/** As Promise.withResolvers does, which Node 20 has not. */
function newCall<Value>(): Call<Value> {
  let resolve: (value: Value) => void = () => undefined;
  let reject: (cause: unknown) => void = () => undefined;
  const promise = new Promise<Value>((ok, failed) => {
    [resolve, reject] = [ok, failed];
  });
  return { promise, resolve, reject };
}
