import { Component, type ComponentChild, type VNode } from 'preact';
import type { Audience, Device, NotificationLevel, Profile, Settings } from '../../client/index.js';
import { DISPLAY_NAME_CHARACTERS_MAX } from '../../src/core/client-bounds.js';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { SavedInOrder } from '../model/saved-in-order.js';
import { sentenceFor } from '../model/sentence.js';
import { holdTo } from '../model/text-length.js';
import { Avatar } from './avatar.js';
import { Mute } from './channel-notifications.js';
import { Complaint } from './complaint.js';
import { DeleteAccountCard } from './delete-account-card.js';
import { PasswordCard } from './password-card.js';
import { PresenceCard } from './presence-card.js';
import { PushSwitch } from './push-switch.js';
import { SheetHead } from './sheet-head.js';
import { exactTime } from './time.js';

interface Props {
  page: Page;
  chat: Chat;
}

interface SheetState {
  profile: Profile | undefined;
  settings: Settings | undefined;
  isSaved: boolean;
  devices: readonly Device[];
  complaint: string | undefined;
}

/** Profile, notifications, who sees what, devices. Each change is saved as it is made. */
export class SettingsSheet extends Component<Props, SheetState> {
  override state: SheetState = {
    profile: undefined,
    settings: undefined,
    isSaved: true,
    devices: [],
    complaint: undefined,
  };
  private settings: SavedInOrder<Settings> | undefined;

  override componentDidMount(): void {
    void this.load();
  }

  override render(
    { page, chat }: Props,
    { profile, settings, isSaved, devices, complaint }: SheetState,
  ): ComponentChild {
    const change = (changed: Partial<Settings>): void => page.attempt(async () => this.settings?.change(changed));
    return (
      <>
        <SheetHead title="Settings" back={{ view: 'chats' }} />
        <div class="scroll">
          <div class="sheet">
            <Complaint sentence={complaint} card onAgain={() => void this.load()} />
            {profile === undefined ? null : <ProfileCard profile={profile} onSave={(name) => this.rename(name)} />}
            <PresenceCard client={chat.client} attempt={(act) => page.attempt(act)} />
            {settings === undefined ? null : (
              <>
                <NotificationsCard settings={settings} onChange={change}>
                  <PushSwitch page={page} chat={chat} />
                </NotificationsCard>
                <PrivacyCard settings={settings} onChange={change} />
                <p class="note" role="status">
                  {isSaved ? 'All changes are saved.' : 'Saving…'}
                </p>
              </>
            )}
            {devices.length === 0 ? null : (
              <DevicesCard devices={devices} onRemove={(deviceId) => this.removeDevice(deviceId)} />
            )}
            <PasswordCard chat={chat} onChanged={() => this.passwordChanged()} />
            <button type="button" class="button danger" onClick={() => page.attempt(() => page.logOut())}>
              Log out {chat.me}
            </button>
            <DeleteAccountCard page={page} chat={chat} />
          </div>
        </div>
      </>
    );
  }

  private async load(): Promise<void> {
    const { people: api } = this.props.chat.client;
    try {
      const [profile, settings, devices] = await Promise.all([api.profile(), api.settings(), api.devices()]);
      this.setState({ profile, devices, complaint: undefined });
      this.settings = new SavedInOrder<Settings>(
        settings,
        (change) => this.save(change),
        (shown, isSaved) => this.setState({ settings: shown, isSaved }),
      );
    } catch (error) {
      this.setState({ complaint: sentenceFor(error) });
    }
  }

  private async save(change: Partial<Settings>): Promise<Settings> {
    const { people: api } = this.props.chat.client;
    // Quiet hours are meant in the time zone in which they are set.
    if (change.doNotDisturb) await api.changeProfile({ timeZone: Intl.DateTimeFormat().resolvedOptions().timeZone });
    return api.changeSettings(change);
  }

  private rename(displayName: string): void {
    const { page, chat } = this.props;
    page.attempt(async () => {
      const profile = await chat.client.people.changeProfile({ displayName });
      chat.people.know([profile]);
      this.setState({ profile });
      page.tell('Saved.');
    });
  }

  private passwordChanged(): void {
    const { page, chat } = this.props;
    page.tell('Your password is another now. Your other devices are logged out.');
    page.attempt(async () => this.setState({ devices: await chat.client.people.devices() }));
  }

  private removeDevice(deviceId: string): void {
    const { page, chat } = this.props;
    page.attempt(async () => {
      await chat.client.people.removeDevice(deviceId);
      this.setState({ devices: await chat.client.people.devices() });
    });
  }
}

function ProfileCard({ profile, onSave }: { profile: Profile; onSave: (displayName: string) => void }): VNode {
  return (
    <>
      <div class="identity">
        <Avatar id={profile.userId} name={profile.displayName} size="large" />
        <div>
          <h2>
            <bdi>{profile.displayName}</bdi>
          </h2>
          <p>@{profile.userId}</p>
        </div>
      </div>
      <form
        class="card"
        onSubmit={(event) => {
          event.preventDefault();
          const name = String(new FormData(event.currentTarget).get('displayName') ?? '').trim();
          if (name !== '') onSave(name);
        }}
      >
        <label class="field" for="display-name">
          <span>What others see</span>
        </label>
        <div class="row">
          <input
            id="display-name"
            class="input grow"
            name="displayName"
            required
            onInput={(event) => holdTo(DISPLAY_NAME_CHARACTERS_MAX, event.currentTarget)}
            autocomplete="name"
            defaultValue={profile.displayName}
          />
          <button type="submit" class="button">
            Save
          </button>
        </div>
      </form>
    </>
  );
}

interface CardProps {
  settings: Settings;
  onChange: (change: Partial<Settings>) => void;
}

const NIGHT = { fromMinute: 22 * 60, toMinute: 7 * 60 };

function NotificationsCard({ settings, onChange, children }: CardProps & { children: ComponentChild }): VNode {
  const { notificationLevel, muteUntilMs, doNotDisturb } = settings;
  return (
    <section class="card" aria-label="Notifications">
      <h2>Notifications</h2>
      <label class="field">
        <span>Notify me of</span>
        <select
          class="input"
          value={notificationLevel}
          onChange={(event) => onChange({ notificationLevel: event.currentTarget.value as NotificationLevel })}
        >
          <option value="everything">Every message</option>
          <option value="mentions">Messages that mention me</option>
          <option value="nothing">Nothing</option>
        </select>
      </label>
      <Mute label="Mute everything" muteUntilMs={muteUntilMs} onChange={(until) => onChange({ muteUntilMs: until })} />
      <label class="check">
        <span>Do not disturb, every day</span>
        <input
          type="checkbox"
          checked={doNotDisturb !== null}
          onChange={(event) => onChange({ doNotDisturb: event.currentTarget.checked ? NIGHT : null })}
        />
      </label>
      {doNotDisturb === null ? null : (
        <div class="row">
          <TimeField
            label="From"
            minute={doNotDisturb.fromMinute}
            onChange={(fromMinute) => onChange({ doNotDisturb: { ...doNotDisturb, fromMinute } })}
          />
          <TimeField
            label="Until"
            minute={doNotDisturb.toMinute}
            onChange={(toMinute) => onChange({ doNotDisturb: { ...doNotDisturb, toMinute } })}
          />
        </div>
      )}
      {children}
    </section>
  );
}

interface TimeFieldProps {
  label: string;
  minute: number;
  onChange: (minute: number) => void;
}

function TimeField({ label, minute, onChange }: TimeFieldProps): VNode {
  const two = (value: number): string => String(value).padStart(2, '0');
  return (
    <label class="field grow">
      <span>{label}</span>
      <input
        class="input"
        type="time"
        required
        value={`${two(Math.floor(minute / 60))}:${two(minute % 60)}`}
        onChange={(event) => {
          const [hours = Number.NaN, minutes = Number.NaN] = event.currentTarget.value.split(':').map(Number);
          if (Number.isInteger(hours) && Number.isInteger(minutes)) onChange(hours * 60 + minutes);
        }}
      />
    </label>
  );
}

function PrivacyCard({ settings, onChange }: CardProps): VNode {
  return (
    <section class="card" aria-label="Privacy">
      <h2>Who sees what</h2>
      <AudienceField
        label="Whether I am online, and when I was last"
        value={settings.presenceFor}
        onChange={(presenceFor) => onChange({ presenceFor })}
      />
      <AudienceField
        label="What I have received and read"
        value={settings.receiptsFor}
        onChange={(receiptsFor) => onChange({ receiptsFor })}
      />
      <p class="note">With "Friends", groups do not see what you have received and read: others are in them, too.</p>
    </section>
  );
}

interface AudienceProps {
  label: string;
  value: Audience;
  onChange: (audience: Audience) => void;
}

function AudienceField({ label, value, onChange }: AudienceProps): VNode {
  return (
    <label class="field">
      <span>{label}</span>
      <select class="input" value={value} onChange={(event) => onChange(event.currentTarget.value as Audience)}>
        <option value="everyone">Everyone</option>
        <option value="friends">Friends</option>
        <option value="nobody">Nobody</option>
      </select>
    </label>
  );
}

function DevicesCard({
  devices,
  onRemove,
}: {
  devices: readonly Device[];
  onRemove: (deviceId: string) => void;
}): VNode {
  return (
    <section class="card" aria-label="Devices">
      <h2>Devices</h2>
      <ul>
        {devices.map((device) => (
          <li key={device.deviceId} class="item">
            <span class="item-text">
              <span class="item-title">{device.name}</span>{' '}
              <span class="item-detail">
                {device.current ? 'this device' : `last seen ${exactTime(new Date(device.lastSeenAtMs))}`}
              </span>
            </span>
            {device.current ? null : (
              <button type="button" class="button compact" onClick={() => onRemove(device.deviceId)}>
                Log out
              </button>
            )}
          </li>
        ))}
      </ul>
    </section>
  );
}
