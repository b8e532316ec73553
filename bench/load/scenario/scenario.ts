/** A scenario: who connects, who talks to whom, at what rate, what goes wrong meanwhile, for how long. */
import type { TransportName } from '../transport/connection.js';

/** One line of a scenario; rates are a second, of all users together. */
export type Talk =
  /** Users in pairs, each in turn to the other. */
  | { readonly kind: 'direct'; readonly rate: number }
  /** Groups of neighbours; members write in turn. As many groups as the users make, when not said. */
  | { readonly kind: 'group'; readonly size: number; readonly rate: number; readonly groups?: number }
  /** Broadcast channels; the first members of each write. */
  | {
      readonly kind: 'broadcast';
      readonly size: number;
      readonly rate: number;
      readonly writers: number;
      readonly channels: number;
    }
  /** Pages of direct channels, from random places. */
  | { readonly kind: 'history'; readonly rate: number; readonly page: number }
  | { readonly kind: 'login'; readonly rate: number }
  | { readonly kind: 'discovery'; readonly rate: number }
  /** The last `users` leave or come back, one at each due time; the first `watchers` watch up to 200 of them. */
  | { readonly kind: 'flap'; readonly rate: number; readonly users: number; readonly watchers: number };

/** What goes wrong, seconds after measuring began. The embedded form is one process, whichever victim is named. */
export type Incident = { readonly at: number } & ( // Started again at once.
  | { readonly do: 'kill'; readonly what: Victim }
  | { readonly do: 'drain'; readonly what: Victim }
  | { readonly do: 'pause'; readonly what: Victim; readonly forSeconds: number }
  // A share of the clients loses its connections.
  | { readonly do: 'cut'; readonly share: number }
  // A share of the clients leaves, and is back later, spread over a time.
  | { readonly do: 'leave'; readonly share: number; readonly forSeconds: number; readonly overSeconds: number }
);
export type Victim = 'node' | 'gateway';

/** Incidents that the seed chooses, from `from` seconds on, until the last `quietSeconds`. */
export interface RandomIncidents {
  readonly everySeconds: readonly [number, number];
  readonly quietSeconds: number;
  readonly of: readonly Incident['do'][];
}

/** What a variant may set otherwise. */
export interface Settings {
  readonly users: number;
  readonly transport: TransportName;
  readonly pollEverySeconds: number;
  /** So many talk in another way: the last users, before those who flap. */
  readonly others?: Readonly<Partial<Record<TransportName, number>>>;
  /** Over which the connects are spread. */
  readonly connectSeconds: number;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** How long after the last send everything may take to arrive. */
  readonly settleSeconds: number;
  readonly talk: readonly Talk[];
  readonly meanwhile: readonly Incident[];
  readonly random?: RandomIncidents;
}

export interface Variant extends Settings {
  readonly name: string;
}

export interface Scenario {
  readonly name: string;
  readonly file: string;
  readonly about: string;
  readonly notMeasured: readonly string[];
  /** One after the other, each against a server of its own where the bench starts it; one where the file names none. */
  readonly variants: readonly Variant[];
}
