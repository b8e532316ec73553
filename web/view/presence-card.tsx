import type { VNode } from 'preact';
import type { OwnPresence, ParleyClient, PresenceChoice } from '../../client/index.js';
import { STATUS_CHARACTERS_MAX } from '../../src/core/client-bounds.js';
import { holdTo } from '../model/text-length.js';
import { exactTime } from './time.js';

interface Props {
  client: ParleyClient;
  attempt: (act: () => Promise<unknown>) => void;
}

const HOUR_MS = 3_600_000;
/** The end that the status has. */
const AS_IT_IS = 'as-it-is';

/** How one appears to others: chosen, and a text of one's own with an end. */
export function PresenceCard({ client, attempt }: Props): VNode {
  const { choice, status, statusUntil } = standing(client.ownPresence, new Date());
  return (
    <form
      class="card"
      aria-label="How I appear"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        const until = endOf(String(given.get('hours')), statusUntil);
        const end = until === undefined ? {} : { statusUntil: until };
        attempt(() => client.setPresence({ status: String(given.get('status') ?? '').trim(), ...end }));
      }}
    >
      <h2>How I appear</h2>
      <label class="field">
        <span>I am</span>
        <select
          class="input"
          value={choice}
          onChange={(event) => {
            const chosen = event.currentTarget.value as PresenceChoice;
            attempt(() => client.setPresence({ choice: chosen }));
          }}
        >
          <option value="online">Online</option>
          <option value="away">Away</option>
          <option value="doNotDisturb">Do not disturb</option>
          <option value="invisible">Invisible</option>
        </select>
      </label>
      <label class="field">
        <span>My status</span>
        <input
          class="input"
          name="status"
          onInput={(event) => holdTo(STATUS_CHARACTERS_MAX, event.currentTarget)}
          defaultValue={status}
          dir="auto"
        />
      </label>
      <div class="row">
        <select key={statusUntil?.getTime()} class="input grow" name="hours" aria-label="How long">
          {statusUntil === undefined ? null : <option value={AS_IT_IS}>Until {exactTime(statusUntil)}</option>}
          <option value="0">Until I change it</option>
          <option value="1">For an hour</option>
          <option value="4">For four hours</option>
          <option value="24">For a day</option>
        </select>
        <button type="submit" class="button">
          Set
        </button>
      </div>
    </form>
  );
}

/** A status whose time is over is none. */
function standing(own: OwnPresence, now: Date): OwnPresence {
  const isOver = own.statusUntil !== undefined && own.statusUntil <= now;
  return isOver ? { ...own, status: '', statusUntil: undefined } : own;
}

/** Undefined: none. */
function endOf(hours: string, current: Date | undefined): Date | undefined {
  if (hours === AS_IT_IS) return current;
  return hours === '0' ? undefined : new Date(Date.now() + Number(hours) * HOUR_MS);
}
