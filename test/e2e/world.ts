/** A running server and a browser for one file of tests, and the people at it. */
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import type { Ran } from '../process/command-line.js';
import { launchChromium } from './chromium.js';
import { type Account, Person } from './person.js';
import { TestServer } from './server.js';

const START_MS = 90_000;

export const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 780 },
  isMobile: true,
  hasTouch: true,
  colorScheme: 'dark',
};

export class World {
  private running: { readonly server: TestServer; readonly browser: Browser } | undefined;
  private people: Person[] = [];
  private accounts = 0;

  /** Call inside a `describe`: starts and ends everything around its tests, and fails those whose pages complained. */
  static around(executable: string): World {
    const world = new World();
    beforeAll(async () => {
      world.running = { server: await TestServer.start(), browser: await launchChromium(executable) };
    }, START_MS);
    afterEach(async ({ task }) => {
      if (task.result?.state === 'fail') await world.keepScreens(task.id);
      await world.clear();
    });
    afterAll(async () => {
      await world.running?.browser.close();
      await world.running?.server.close();
    });
    return world;
  }

  get server(): TestServer {
    return this.started.server;
  }

  /** A name that no other test uses. */
  account(name: string): Account {
    this.accounts += 1;
    return { userId: `${name.toLowerCase()}_${this.accounts}`, displayName: `${name} ${this.accounts}` };
  }

  /** Somebody at a fresh browser, who has not logged in yet. */
  async at(who: Account, options?: BrowserContextOptions): Promise<Person> {
    const { browser, server } = this.started;
    const person = await Person.at(browser, server.origin, who, options);
    this.people.push(person);
    return person;
  }

  async newPerson(name: string, options?: BrowserContextOptions): Promise<Person> {
    const person = await this.at(this.account(name), options);
    await person.signUp();
    return person;
  }

  /** A command of operators. */
  operate(...args: readonly string[]): Promise<Ran> {
    return this.started.server.operate(...args);
  }

  private get started() {
    if (this.running === undefined) throw new Error('nothing runs yet: use the world inside a test');
    return this.running;
  }

  private async clear(): Promise<void> {
    const complaints = this.people.flatMap((person) => person.complaints);
    await Promise.all(this.people.map((person) => person.leave()));
    this.people = [];
    expect(complaints, 'console errors and CSP violations').toEqual([]);
  }

  /** What everybody saw when a test failed, in .cache/e2e/. */
  private async keepScreens(test: string): Promise<void> {
    for (const { page, account } of this.people)
      await page.screenshot({ path: `.cache/e2e/${test}-${account.userId}.png` }).catch(() => undefined);
  }
}
