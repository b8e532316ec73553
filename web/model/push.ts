/** Notifications while the page is away: the service worker, the browser's subscription, and the server's knowledge of it. */
import type { ParleyClient } from '../../client/index.js';

export const canPush = (): boolean => 'serviceWorker' in navigator && 'PushManager' in window;

/** Who asked for this browser's subscription: it outlives their login, and what the server knows of it does not. */
const ASKED_BY = 'parley.push';

async function subscription(): Promise<PushSubscription | undefined> {
  const worker = canPush() ? await navigator.serviceWorker.getRegistration() : undefined;
  return (await worker?.pushManager.getSubscription()) ?? undefined;
}

/** Whether this browser is subscribed, and `userId` asked for it. */
export async function isSubscribed(userId: string): Promise<boolean> {
  return localStorage.getItem(ASKED_BY) === userId && (await subscription()) !== undefined;
}

async function register({ people }: ParleyClient, subscribed: PushSubscription): Promise<void> {
  const { endpoint: url = '', keys = {} } = subscribed.toJSON();
  await people.registerPush({ kind: 'webpush', url, p256dh: keys.p256dh ?? '', auth: keys.auth ?? '' });
}

/** Tells the server again, which forgets it with each logout, and when the push service says that it is gone. */
export async function renew(client: ParleyClient, userId: string): Promise<void> {
  const subscribed = localStorage.getItem(ASKED_BY) === userId ? await subscription() : undefined;
  if (subscribed !== undefined) await register(client, subscribed);
}

/** Asks for permission (call it on a click), subscribes, and tells the server. False when the person says no. */
export async function subscribe(client: ParleyClient, userId: string, webPushKey: string): Promise<boolean> {
  if ((await Notification.requestPermission()) !== 'granted') return false;
  await navigator.serviceWorker.register('/service-worker.js');
  const { pushManager } = await navigator.serviceWorker.ready;
  await register(client, await pushManager.subscribe({ userVisibleOnly: true, applicationServerKey: webPushKey }));
  localStorage.setItem(ASKED_BY, userId);
  return true;
}

export async function unsubscribe(client: ParleyClient): Promise<void> {
  localStorage.removeItem(ASKED_BY);
  await client.people.unregisterPush();
  await (await subscription())?.unsubscribe();
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
