/** Judges a run that has come to rest: what devices were told and given, against the logs and the inboxes. */

import type { HistoryChecker } from '../../checker/checker.js';
import { validRows } from '../../src/cluster/owned-log.js';
import { channelActor } from '../../src/core/ids.js';
import type { EpochEntry, LogId } from '../../src/core/store.js';
import { joinedUsers } from '../../src/protocol/joined-users.js';
import { v1 } from '../../src/protocol/wire.js';
import type { MemoryPlace } from '../../src/storage/memory/memory-place.js';
import type { Device } from './device.js';
import { AWAY_CHANNEL, judgePushes, type Pushed } from './pushing.js';
import { pictureOfEvents } from './sayings.js';

const USERS = ['alice', 'bob', 'carol'];

/** From which seq on which epoch's rows count. */
export type EpochsOf = (place: MemoryPlace, log: LogId) => readonly EpochEntry[];

const byIndex: EpochsOf = (place, log) => place.epochs(log);

/** `channels`: the direct ones by their two names, any other is a group of all. Returns what is wrong. */
export function judgeRun(
  place: MemoryPlace,
  checker: HistoryChecker,
  devices: readonly Device[],
  channels: readonly string[],
  {
    epochsOf = byIndex,
    pushed,
  }: { readonly epochsOf?: EpochsOf | undefined; readonly pushed?: readonly Pushed[] } = {},
): string[] {
  const logOf = (id: LogId): v1.Event[] => eventsOf(place, id, epochsOf(place, id));
  const logs = new Map(channels.map((id) => [id, logOf(channelActor(id))]));
  for (const [channelId, events] of logs) judgeChannel(checker, channelId, events);
  for (const { userId, deviceId } of devices) checker.expectReader({ userId, deviceId, ownMessages: 'acknowledged' });
  const findings = checker.verdict().findings.map(({ guarantee, sentence }) => `${guarantee} ${sentence}`);
  if (pushed !== undefined) findings.push(...judgePushes(pushed, logs.get(AWAY_CHANNEL) ?? []));
  findings.push(...judgePictures(devices, logs));
  for (const userId of USERS) findings.push(...judgeInbox(logOf(`user:${userId}`), userId, logs));
  return findings;
}

function eventsOf(place: MemoryPlace, id: LogId, epochs: readonly EpochEntry[]): v1.Event[] {
  const rows = validRows(place.rows(id, 1, 1_000_000, 1_000_000), epochs);
  return rows.map((row) => v1.Event.decode(row.body));
}

function judgeChannel(checker: HistoryChecker, channelId: string, events: v1.Event[]): void {
  const positions = events.map(({ seq, messageId, from, clientMessageId }) => {
    return { seq, messageId: messageId.toString(), from, clientMessageId };
  });
  checker.log({ channelId, events: positions });
  for (const userId of membersOf(channelId))
    checker.member({ channelId, userId, firstSeq: firstDueTo(userId, events) });
}

const membersOf = (channelId: string): string[] => (channelId.includes('~') ? channelId.split('~') : USERS);

const firstDueTo = (userId: string, events: readonly v1.Event[]): number =>
  events.find(({ joined }) => joined && joinedUsers(joined).includes(userId))?.seq ?? 1;

/** The inbox itself: each event that is due, once, in each channel's order. */
function judgeInbox(inbox: readonly v1.Event[], userId: string, logs: ReadonlyMap<string, v1.Event[]>): string[] {
  return [...logs].flatMap(([channelId, events]) => {
    if (!membersOf(channelId).includes(userId)) return [];
    const first = firstDueTo(userId, events);
    const due = events.flatMap(({ seq }) => (seq >= first ? [seq] : [])).join(' ');
    const held = inbox.flatMap((event) => (event.channelId === channelId ? [event.seq] : [])).join(' ');
    return due === held ? [] : [`G3 the inbox of ${userId} holds of ${channelId} ${held} and not ${due}`];
  });
}

/** However a device came to know of them, it shows the messages as the log has them. */
function judgePictures(devices: readonly Device[], logs: ReadonlyMap<string, v1.Event[]>): string[] {
  return devices.flatMap(({ userId, deviceId, sayings }) =>
    [...logs].flatMap(([channelId, events]) => {
      if (!membersOf(channelId).includes(userId)) return [];
      const first = firstDueTo(userId, events);
      const expected = JSON.stringify(pictureOfEvents(events.filter(({ seq }) => seq >= first)));
      const shown = JSON.stringify(sayings.picture(channelId));
      return shown === expected ? [] : [`${userId}/${deviceId} shows of ${channelId} ${shown} and not ${expected}`];
    }),
  );
}
