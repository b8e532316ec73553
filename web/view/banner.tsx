import type { VNode } from 'preact';
import type { ConnectionState } from '../../client/index.js';
import type { Chat } from '../model/chat.js';
import { sentenceFor } from '../model/sentence.js';

/** How the connection is, while it is not well. Messages may be written all the same. */
export function Banner({ chat }: { chat: Chat }): VNode | null {
  const text = bannerText(chat.connection, chat.loaded);
  if (text === undefined) return null;
  const trouble = chat.connection.type === 'closed';
  return (
    <div class={`banner ${trouble ? 'trouble' : ''}`} role="status">
      {trouble ? null : <span class="spinner" aria-hidden="true" />}
      {text}
      {chat.connection.type === 'waiting' ? (
        <button type="button" class="link" onClick={() => chat.client.retryNow()}>
          Try now
        </button>
      ) : null}
    </div>
  );
}

function bannerText(state: ConnectionState, before: boolean): string | undefined {
  switch (state.type) {
    case 'online':
      return undefined;
    case 'connecting':
    case 'offline':
      return before ? 'Reconnecting…' : 'Connecting…';
    case 'waiting':
      return 'No connection. Reconnecting…';
    case 'closed':
      return state.error === undefined ? undefined : sentenceFor(state.error);
  }
}
