import type { VNode } from 'preact';
import type { NotificationLevel } from '../../client/index.js';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { exactTime } from './time.js';

const HOUR_MS = 3_600_000;
/** Far enough away to mean until it is taken back; a time that every clock can show. */
const FOR_EVER = Date.UTC(2100, 0, 1);

const MUTE_CHOICES: readonly (readonly [string, number])[] = [
  ['for an hour', HOUR_MS],
  ['for eight hours', 8 * HOUR_MS],
  ['for a week', 7 * 24 * HOUR_MS],
];

function mutedText(muteUntilMs: number): string {
  if (muteUntilMs <= Date.now()) return 'Not muted';
  return muteUntilMs >= FOR_EVER ? 'Muted until you change it' : `Muted until ${exactTime(new Date(muteUntilMs))}`;
}

interface MuteProps {
  label: string;
  muteUntilMs: number;
  onChange: (muteUntilMs: number) => void;
}

export function Mute({ label, muteUntilMs, onChange }: MuteProps): VNode {
  const muted = muteUntilMs > Date.now();
  return (
    <label class="field">
      <span>{label}</span>
      <select
        class="input"
        value={muted ? 'muted' : 'off'}
        onChange={(event) => {
          const { value } = event.currentTarget;
          if (value === 'off') onChange(0);
          else if (value === 'ever') onChange(FOR_EVER);
          else if (value !== 'muted') onChange(Date.now() + Number(value));
        }}
      >
        <option value="off">Not muted</option>
        {muted ? <option value="muted">{mutedText(muteUntilMs)}</option> : null}
        {MUTE_CHOICES.map(([text, duration]) => (
          <option key={text} value={String(duration)}>
            Mute {text}
          </option>
        ))}
        <option value="ever">Mute until I change it</option>
      </select>
    </label>
  );
}

/** The notifications of one conversation, where they differ from those of all. */
export function ChannelNotifications({ page, chat, channelId }: { page: Page; chat: Chat; channelId: string }): VNode {
  const { notificationLevel, muteUntilMs } = chat.settingsOf(channelId);
  return (
    <section class="card" aria-label="Notifications">
      <h2>Notifications</h2>
      <label class="field">
        <span>Notify me of</span>
        <select
          class="input"
          value={notificationLevel ?? ''}
          onChange={(event) => {
            const { value } = event.currentTarget;
            const level = value === '' ? null : (value as NotificationLevel);
            page.attempt(() => chat.changeSettings(channelId, { notificationLevel: level }));
          }}
        >
          <option value="">The same as everywhere</option>
          <option value="everything">Every message</option>
          <option value="mentions">Messages that mention me</option>
          <option value="nothing">Nothing</option>
        </select>
      </label>
      <Mute
        label="Mute this conversation"
        muteUntilMs={muteUntilMs}
        onChange={(until) => page.attempt(() => chat.changeSettings(channelId, { muteUntilMs: until }))}
      />
    </section>
  );
}
