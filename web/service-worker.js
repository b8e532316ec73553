// Shows what is pushed while the page is away: one notification a channel, and the count of what is unread.

async function show(message) {
  const windows = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (windows.some((one) => one.focused && one.visibilityState === 'visible')) return;
  const { channelId, channelName, from, text, badge } = message;
  await self.registration.showNotification(channelName || from, {
    body: channelName === '' ? text : `${from}: ${text}`,
    tag: channelId,
    renotify: true,
    icon: '/icon.svg',
    data: { channelId },
  });
  await self.navigator.setAppBadge?.(badge);
}

async function open(channelId) {
  const place = `/#/c/${encodeURIComponent(channelId)}`;
  const [page] = await self.clients.matchAll({ type: 'window', includeUncontrolled: true });
  if (page === undefined) return self.clients.openWindow(place);
  await page.focus();
  page.postMessage({ type: 'open', channelId });
}

self.addEventListener('install', () => self.skipWaiting());
self.addEventListener('activate', (event) => event.waitUntil(self.clients.claim()));
self.addEventListener('push', (event) => {
  const message = event.data?.json();
  if (message?.version === 1) event.waitUntil(show(message));
});
// The page tells the server of it when it is opened next.
self.addEventListener('pushsubscriptionchange', (event) => {
  const options = event.oldSubscription?.options;
  if (options) event.waitUntil(self.registration.pushManager.subscribe(options));
});
self.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(open(event.notification.data.channelId));
});
