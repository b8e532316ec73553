import { describe, expect, it } from 'vitest';
import { hashOf, paneOf, type Route, routeOf } from './route.js';

describe('routes', () => {
  it('come back from the address they were written to', () => {
    const routes: Route[] = [
      { view: 'chats' },
      { view: 'people' },
      { view: 'new-group' },
      { view: 'settings' },
      { view: 'channel', channelId: 'ann~ben' },
      { view: 'channel', channelId: 'ann~ben', seq: 12 },
      { view: 'about', channelId: 'gabcdefgh' },
    ];
    for (const route of routes) expect(routeOf(hashOf(route))).toEqual(route);
  });

  it('show the list of conversations for an address that means nothing', () => {
    for (const hash of ['', '#', '#/', '#/nowhere', '#/c/']) expect(routeOf(hash)).toEqual({ view: 'chats' });
    expect(routeOf('#/c/ann~ben/x')).toEqual({ view: 'channel', channelId: 'ann~ben' });
    expect(routeOf('#/c/%E0%A4%A')).toEqual({ view: 'channel', channelId: '%E0%A4%A' });
  });

  it('show a phone either the list or what was opened', () => {
    expect(paneOf({ view: 'people' })).toBe('side');
    expect(paneOf({ view: 'channel', channelId: 'ann~ben' })).toBe('main');
  });
});
