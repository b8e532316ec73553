/** What devices are told that are away, by each service that is no browser's. */
import { expect } from 'vitest';
import { until } from '../until.js';
import type { PushPayload } from './push-services.js';
import type { Device, Stage } from './stage.js';

const KINDS = ['fcm', 'apns', 'webhook'] as const;

export async function pushes(stage: Stage): Promise<void> {
  const services = stage.place.pushServices;
  const mia = await stage.signUp('mia');
  const [phone, tablet, laptop] = [await stage.signUp('noah'), await stage.logIn('noah'), await stage.logIn('noah')];
  expect((await phone.client.people.pushes()).kinds).toEqual(expect.arrayContaining([...KINDS]));
  const goAway = async ({ client }: Device, kind: (typeof KINDS)[number]): Promise<void> => {
    await client.people.registerPush(services.endpoints[kind]);
    await client.close();
  };
  await Promise.all([goAway(phone, 'fcm'), goAway(tablet, 'apns'), goAway(laptop, 'webhook')]);
  const toldEverywhere = async (sentence: string, told: PushPayload[]): Promise<void> => {
    await until(sentence, () => KINDS.every((kind) => services.told(kind).length >= told.length));
    for (const kind of KINDS) expect([kind, services.told(kind)]).toMatchObject([kind, told]);
  };

  const { seq } = await mia.client.send({ to: 'noah', text: 'Supper is ready' }).sent();
  const channelId = mia.client.directChannelId('noah');
  const message = { type: 'message', userId: 'noah', channelId, seq, from: 'mia', text: 'Supper is ready', badge: 1 };
  await toldEverywhere('each of his devices is told', [message]);

  const desktop = await stage.logIn('noah');
  await desktop.client.markRead(channelId, seq);
  await toldEverywhere('it is taken back from each', [message, { type: 'read', channelId, seq, badge: 0 }]);
}
