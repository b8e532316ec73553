import { addTo, deleteFrom } from '../../core/grouped.js';
import type { ActorId } from '../../core/ids.js';
import { type Activation, ActorCell } from './actor-cell.js';

/** The actors in memory, each by its id, and those of a group, which come to a node and leave it together. */
export class Cells<Message> {
  readonly groupOf: (id: ActorId) => number;
  private readonly byId = new Map<ActorId, ActorCell<Message>>();
  private readonly groups = new Map<number, Set<ActorCell<Message>>>();

  constructor(groupOf: (id: ActorId) => number) {
    this.groupOf = groupOf;
  }

  get size(): number {
    return this.byId.size;
  }

  get queuedMessages(): number {
    let count = 0;
    for (const cell of this.byId.values()) count += cell.mailbox.length;
    return count;
  }

  get ids(): IterableIterator<ActorId> {
    return this.byId.keys();
  }

  get(id: ActorId): ActorCell<Message> | undefined {
    return this.byId.get(id);
  }

  /** Whether it is this one that is in memory under its id. */
  holds(cell: ActorCell<Message>): boolean {
    return this.byId.get(cell.id) === cell;
  }

  /** Calls with the cell whose activation this is; not at all when it is over. */
  withActive(activation: Activation, call: (cell: ActorCell<Message>) => void): void {
    const cell = this.byId.get(activation.id);
    if (cell?.activation === activation) call(cell);
  }

  all(): IterableIterator<ActorCell<Message>> {
    return this.byId.values();
  }

  /** Empty when none is in memory. */
  ofGroup(group: number): ReadonlySet<ActorCell<Message>> {
    return this.groups.get(group) ?? new Set();
  }

  add(id: ActorId): ActorCell<Message> {
    const cell = new ActorCell<Message>(id);
    this.byId.set(id, cell);
    addTo(this.groups, this.groupOf(id), cell);
    return cell;
  }

  delete(cell: ActorCell<Message>): void {
    if (!this.holds(cell)) return;
    this.byId.delete(cell.id);
    deleteFrom(this.groups, this.groupOf(cell.id), cell);
  }
}
