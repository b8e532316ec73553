import type { VNode } from 'preact';
import type { ParleyClient, PresenceChoice } from '../../client/index.js';

interface Props {
  client: ParleyClient;
  attempt: (act: () => Promise<unknown>) => void;
}

const HOUR_MS = 3_600_000;

/** How one appears to others: chosen, and a text of one's own with an end. */
export function PresenceCard({ client, attempt }: Props): VNode {
  const { choice, status } = client.ownPresence;
  return (
    <form
      class="card"
      aria-label="How I appear"
      onSubmit={(event) => {
        event.preventDefault();
        const given = new FormData(event.currentTarget);
        const hours = Number(given.get('hours'));
        const until = hours === 0 ? {} : { statusUntil: new Date(Date.now() + hours * HOUR_MS) };
        attempt(() => client.setPresence({ status: String(given.get('status') ?? '').trim(), ...until }));
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
        <input class="input" name="status" maxLength={100} defaultValue={status} />
      </label>
      <div class="row">
        <select class="input grow" name="hours" aria-label="How long">
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
