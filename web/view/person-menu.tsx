import type { VNode } from 'preact';
import type { Person } from '../../client/index.js';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { Menu, type MenuItem } from './menu.js';

/** What one may do about somebody, by how one stands to them. */
export function PersonMenu({ page, chat, person }: { page: Page; chat: Chat; person: Person }): VNode | null {
  const { userId } = person;
  const { people } = chat;
  const item = (label: string, act: () => Promise<unknown>, danger = false): MenuItem => ({
    label,
    danger,
    act: () => page.attempt(act),
  });
  const block = item('Block', () => people.block(userId), true);
  const part = (label: string): MenuItem => item(label, () => people.part(userId));
  const items = ((): readonly MenuItem[] => {
    switch (people.stateOf(userId)) {
      case 'friend':
        return [part('Remove from friends'), block];
      case 'request_sent':
        return [part('Take the request back'), block];
      case 'request_received':
        return [part('Decline'), block];
      case 'blocked':
        return [];
      case undefined:
        return [item('Ask to be friends', () => people.befriend(userId)), block];
    }
  })();
  return items.length === 0 ? null : <Menu label={`More about ${person.displayName || userId}`} items={items} />;
}
