// The page's service worker in a real Chromium. Headless it has no push service, so the push is handed to the worker by the
// browser's own tools (CDP ServiceWorker.deliverPushMessage), as a service would.
import { describe, expect, it } from 'vitest';
import { chromiumOrSkip } from './chromium.js';
import { World } from './world.js';

const executable = chromiumOrSkip();

describe.skipIf(executable === undefined)('push in a real Chromium', { timeout: 90_000 }, () => {
  const world = World.around(executable ?? '');

  it('shows one notification a channel, of the newest message', async () => {
    const ann = await world.newPerson('Ann');
    const { page, context } = ann;
    const { origin } = new URL(page.url());
    await context.grantPermissions(['notifications'], { origin });
    const tools = await context.newCDPSession(page);
    const registered = new Promise<string>((resolve) => {
      tools.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const [worker] = registrations;
        if (worker !== undefined) resolve(worker.registrationId);
      });
    });
    await tools.send('ServiceWorker.enable');
    await page.evaluate(async () => {
      await navigator.serviceWorker.register('/service-worker.js');
      await navigator.serviceWorker.ready;
    });
    const registrationId = await registered;
    await page.goto('about:blank'); // nobody looks at the page
    for (const [seq, text] of ['one', 'two'].entries()) {
      const message = { version: 1, channelId: 'ann~ben', channelName: '', from: 'ben', text, badge: seq + 1 };
      await tools.send('ServiceWorker.deliverPushMessage', { origin, registrationId, data: JSON.stringify(message) });
    }
    const shown = () =>
      context.serviceWorkers()[0]?.evaluate(async () => {
        const { registration } = globalThis as unknown as { registration: ServiceWorkerRegistration };
        return (await registration.getNotifications()).map(({ title, body, tag }) => [title, body, tag]);
      });
    await expect.poll(shown, { timeout: 20_000 }).toEqual([['ben', 'two', 'ann~ben']]);
  });
});
