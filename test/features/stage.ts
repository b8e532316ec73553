/** People with devices, by the SDK, on one process or a cluster: where features are shown. */
import WebSocket from 'ws';
import {
  type ChannelEvent,
  memoryStorage,
  ParleyClient,
  type Presence,
  pictureOf,
  type Receipt,
  webSocketFactory,
} from '../../client/index.js';
import type { Ran } from '../process/command-line.js';
import type { PushServices } from './push-services.js';

export interface Place {
  /** Of the API. */
  readonly origin: string;
  /** Makes accounts that nobody logs in to. */
  makeAccounts(userIds: readonly string[]): Promise<void>;
  /** A command of operators, with the rights of an admin. */
  operate(...args: readonly string[]): Promise<Ran>;
  /** That it was started with. */
  readonly pushServices: PushServices;
}

export const PASSWORD = 'correct horse battery';
const webSocket = webSocketFactory(WebSocket as never);

/** A device, and what it was told. */
export class Device {
  readonly client: ParleyClient;
  readonly events: ChannelEvent[] = [];
  readonly presences = new Map<string, Presence>();
  readonly receipts = new Map<string, Receipt>();
  /** Of each channel: the last that was told. */
  readonly unread = new Map<string, number>();
  readonly typing = new Map<string, readonly string[]>();

  constructor(origin: string, storage = memoryStorage()) {
    this.client = new ParleyClient({ baseUrl: origin, webSocket, storage });
    this.client.on('event', (event) => this.events.push(event));
    this.client.on('presence', (items) => {
      for (const one of items) this.presences.set(one.userId, one);
    });
    this.client.on('receipts', ({ items }) => {
      for (const one of items) this.receipts.set(one.userId, one);
    });
    this.client.on('readUpdate', ({ channelId, unread }) => this.unread.set(channelId, unread));
    this.client.on('typing', ({ channelId, userIds }) => this.typing.set(channelId, userIds));
  }

  of(channelId: string): readonly ChannelEvent[] {
    return this.events.filter((event) => event.channelId === channelId);
  }

  has(channelId: string, seq: number): boolean {
    return this.of(channelId).some((event) => event.seq === seq);
  }

  /** The channel's messages as this device shows them. */
  picture(channelId: string): unknown[] {
    return [...pictureOf(this.of(channelId)).values()];
  }
}

export class Stage {
  readonly place: Place;
  private readonly devices: Device[] = [];

  constructor(place: Place) {
    this.place = place;
  }

  /** A first device of somebody new. */
  signUp(userId: string, storage = memoryStorage()): Promise<Device> {
    return this.device('signUp', userId, storage);
  }

  /** Another device of theirs; or one that comes back, with what it had stored. */
  logIn(userId: string, storage = memoryStorage()): Promise<Device> {
    return this.device('logIn', userId, storage);
  }

  private async device(how: 'signUp' | 'logIn', userId: string, storage = memoryStorage()): Promise<Device> {
    const device = new Device(this.place.origin, storage);
    this.devices.push(device);
    await device.client[how]({ userId, password: PASSWORD });
    await device.client.connect();
    return device;
  }

  async close(): Promise<void> {
    await Promise.all(this.devices.splice(0).map(({ client }) => client.close()));
  }
}
