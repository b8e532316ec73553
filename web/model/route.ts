/** What the page shows, as the address says it after `#`: so the browser's back button works, on phones above all. */

export type Route =
  | { readonly view: 'chats' }
  | { readonly view: 'people' }
  | { readonly view: 'mentions' }
  | { readonly view: 'new-group' }
  | { readonly view: 'settings' }
  /** `seq`: the message to show; else the newest. */
  | { readonly view: 'channel'; readonly channelId: string; readonly seq?: number }
  /** Who is in the channel, and what one may do to it. */
  | { readonly view: 'about'; readonly channelId: string };

/** Anything that is not a place of this page is the list of conversations. */
export function routeOf(hash: string): Route {
  const [view, id, more] = hash.replace(/^#\/?/, '').split('/');
  if (view === 'people' || view === 'mentions' || view === 'new-group' || view === 'settings') return { view };
  if (view !== 'c' || id === undefined || id === '') return { view: 'chats' };
  const channelId = decoded(id);
  if (more === 'about') return { view: 'about', channelId };
  const seq = Number(more);
  return Number.isInteger(seq) && seq > 0 ? { view: 'channel', channelId, seq } : { view: 'channel', channelId };
}

export function hashOf(route: Route): string {
  switch (route.view) {
    case 'channel':
      return `#/c/${encodeURIComponent(route.channelId)}${route.seq === undefined ? '' : `/${route.seq}`}`;
    case 'about':
      return `#/c/${encodeURIComponent(route.channelId)}/about`;
    case 'chats':
      return '#/';
    default:
      return `#/${route.view}`;
  }
}

/** Which half of the page a phone shows. */
export function paneOf(route: Route): 'side' | 'main' {
  return route.view === 'chats' || route.view === 'people' || route.view === 'mentions' ? 'side' : 'main';
}

export function channelOf(route: Route): string | undefined {
  return route.view === 'channel' || route.view === 'about' ? route.channelId : undefined;
}

/** The message that is to be shown. */
export function seqOf(route: Route): number | undefined {
  return route.view === 'channel' ? route.seq : undefined;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
