import { counterAfter, type Epoch, type Version } from '../core/epoch.js';
import type { ActorId } from '../core/ids.js';
import type { StoreWrite } from '../core/store.js';

/**
 * Writes of records by one activation of an actor: each is newer than every one before it, of this activation and of
 * those before.
 */
export class OwnRecords {
  private readonly id: ActorId;
  private readonly epoch: Epoch;
  private counter = 0;

  constructor(actor: { readonly id: ActorId; readonly epoch: Epoch }) {
    this.id = actor.id;
    this.epoch = actor.epoch;
  }

  nextCounter(): number {
    this.counter = counterAfter(this.counter);
    return this.counter;
  }

  nextVersion(): Version {
    return { ...this.epoch, counter: this.nextCounter() };
  }

  /** In the actor's own partition, or another of its. */
  write(key: string, value: Uint8Array, partition: string = this.id): StoreWrite {
    return { type: 'record', partition, record: { key, version: this.nextVersion(), value } };
  }
}
