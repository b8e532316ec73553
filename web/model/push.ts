/** Notifications while the page is away: the service worker, the browser's subscription, and the server's knowledge of it. */
import type { ParleyClient } from '../../client/index.js';

export const canPush = (): boolean => 'serviceWorker' in navigator && 'PushManager' in window;

/** Whether this browser is subscribed. */
export async function isSubscribed(): Promise<boolean> {
  const worker = canPush() ? await navigator.serviceWorker.getRegistration() : undefined;
  return (await worker?.pushManager.getSubscription()) != null;
}

/** Asks for permission (call it on a click), subscribes, and tells the server. False when the person says no. */
export async function subscribe(client: ParleyClient, webPushKey: string): Promise<boolean> {
  if ((await Notification.requestPermission()) !== 'granted') return false;
  await navigator.serviceWorker.register('/service-worker.js');
  const { pushManager } = await navigator.serviceWorker.ready;
  const subscription = await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: webPushKey });
  const { endpoint: url = '', keys = {} } = subscription.toJSON();
  await client.people.registerPush({ kind: 'webpush', url, p256dh: keys.p256dh ?? '', auth: keys.auth ?? '' });
  return true;
}

export async function unsubscribe(client: ParleyClient): Promise<void> {
  await client.people.unregisterPush();
  const worker = await navigator.serviceWorker.getRegistration();
  await (await worker?.pushManager.getSubscription())?.unsubscribe();
}

/** On the app's icon; a page that is not installed has none. */
export function showBadge(unread: number): void {
  navigator.setAppBadge?.(unread).catch(() => undefined);
}

/** Takes away what was shown of a channel that is read now. */
export async function clearShown(channelId: string): Promise<void> {
  const worker = canPush() ? await navigator.serviceWorker.getRegistration() : undefined;
  for (const shown of (await worker?.getNotifications({ tag: channelId })) ?? []) shown.close();
}
