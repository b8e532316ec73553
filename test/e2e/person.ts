/** Somebody at a browser: what they do on the page, and what they see. Waits for conditions, never for time. */
import type { Browser, BrowserContext, BrowserContextOptions, Locator, Page } from 'playwright-core';

const DEADLINE_MS = 15_000;
const PASSWORD = 'correct horse battery';

export interface Account {
  readonly userId: string;
  readonly displayName: string;
}

export class Person {
  readonly account: Account;
  readonly page: Page;
  readonly context: BrowserContext;
  private readonly problems: string[] = [];
  private readonly expected: RegExp[] = [];

  private constructor(account: Account, context: BrowserContext, page: Page) {
    this.account = account;
    this.context = context;
    this.page = page;
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') this.note(message.text());
    });
    page.on('pageerror', (error) => this.note(String(error)));
  }

  /** At a fresh browser: nothing stored, nobody logged in. */
  static async at(
    browser: Browser,
    origin: string,
    account: Account,
    options: BrowserContextOptions = {},
  ): Promise<Person> {
    const context = await browser.newContext({ viewport: { width: 1200, height: 760 }, ...options });
    context.setDefaultTimeout(DEADLINE_MS);
    const page = await context.newPage();
    const person = new Person(account, context, page);
    await page.goto(origin);
    return person;
  }

  /** Console errors, page errors and CSP violations, without those that a test expects. */
  get complaints(): readonly string[] {
    return this.problems;
  }

  /** From now on such entries of the console are no surprise. */
  expect(entries: RegExp): void {
    this.expected.push(entries);
  }

  /** The browser is gone: the laptop is closed. */
  leave(): Promise<void> {
    return this.context.close();
  }

  async signUp(): Promise<void> {
    const { page, account } = this;
    await page.getByRole('button', { name: 'Sign up' }).click();
    await page.getByRole('heading', { name: 'Join Parley' }).waitFor();
    await page.getByLabel('What others see').fill(account.displayName);
    await this.fillCredentials('Sign up');
  }

  async logIn(): Promise<void> {
    await this.page.getByRole('heading', { name: 'Welcome to Parley' }).waitFor();
    await this.fillCredentials('Log in');
  }

  async logOut(): Promise<void> {
    await this.page.getByRole('link', { name: 'Settings' }).click();
    await this.page
      .getByRole('button', { name: /Log out/ })
      .last()
      .click();
    await this.page.getByRole('heading', { name: 'Welcome to Parley' }).waitFor();
  }

  async reload(): Promise<void> {
    await this.page.reload();
    await this.inside();
  }

  /** Signed in and connected. */
  async inside(): Promise<void> {
    await this.page.getByRole('link', { name: 'Settings' }).waitFor();
    await this.page.locator('.banner').waitFor({ state: 'detached' });
  }

  /** Finds somebody by the first letters of their name. */
  async find(prefix: string, other: Account): Promise<Locator> {
    await this.tab('People');
    await this.page.getByLabel('Find people by name', { exact: true }).fill(prefix);
    const row = this.row(other);
    await row.getByText(other.displayName).waitFor();
    return row;
  }

  /** Somebody's row in the list of people. */
  row(other: Account): Locator {
    return this.page.locator(`[data-person="${other.userId}"]`);
  }

  async startChat(other: Account): Promise<void> {
    const row = await this.find(other.userId.slice(0, 3), other);
    await row.getByRole('button', { name: 'Message' }).click();
    await this.page.getByRole('heading', { name: other.displayName }).waitFor();
  }

  async createGroup(name: string, members: readonly Account[], open = false): Promise<void> {
    const { page } = this;
    await page.getByRole('link', { name: 'New group' }).click();
    await page.getByLabel('Name of the group').fill(name);
    for (const member of members) {
      await page.getByLabel('Find people to add by name').fill(member.userId);
      await page.locator(`[data-add="${member.userId}"]`).click();
    }
    if (open) await page.getByLabel('Anyone who has its link may join').check();
    await page.getByRole('button', { name: 'Create the group' }).click();
    await page.getByRole('heading', { name }).waitFor();
  }

  async tab(name: 'Chats' | 'People'): Promise<void> {
    await this.page.getByRole('navigation').getByRole('link', { name }).click();
  }

  /** The line of a conversation in the list. */
  conversation(title: string): Locator {
    const { page } = this;
    const itsTitle = page.locator('.item-title').getByText(title, { exact: true });
    return page.getByRole('list', { name: 'Conversations' }).getByRole('link').filter({ has: itsTitle });
  }

  /** Waits until the list shows that many unread messages. */
  async unread(title: string, count: number): Promise<void> {
    await this.conversation(title).locator('.count').getByText(`${count} unread`).waitFor();
  }

  async open(title: string): Promise<void> {
    await this.tab('Chats');
    await this.conversation(title).click();
    await this.page.locator('header.bar').getByRole('heading', { name: title }).waitFor();
  }

  async write(text: string): Promise<void> {
    await this.page.getByRole('textbox', { name: /^Message to/ }).fill(text);
    await this.page.getByRole('button', { name: 'Send' }).click();
  }

  /** Many in a row, each as soon as the one before it is on its way: by the keyboard. */
  async writeAll(texts: readonly string[]): Promise<void> {
    const box = this.page.getByRole('textbox', { name: /^Message to/ });
    for (const text of texts) {
      await box.fill(text);
      await box.press('Enter');
    }
  }

  /** The newest message with this text in the open conversation. */
  message(text: string): Locator {
    return this.page.locator('li.message').filter({ hasText: text }).last();
  }

  async sees(text: string): Promise<void> {
    await this.page.locator('.thread').getByText(text, { exact: true }).last().waitFor();
  }

  /** Waits until the own message is in that state. */
  async state(text: string, state: 'pending' | 'sent' | 'delivered' | 'read'): Promise<void> {
    await this.message(text).locator(`[data-state="${state}"]`).waitFor();
  }

  /** The texts of all messages of the open conversation, in the order they stand. */
  texts(): Promise<string[]> {
    return this.page.locator('li.message .words').allTextContents();
  }

  /** Scrolls to the first message that is loaded: which it is, and how far from the top of the page it then stands. */
  scrollToOldest(): Promise<{ seq: string; offset: number }> {
    return this.page.locator('.thread').evaluate((box) => {
      box.scrollTop = 0;
      const first = box.querySelector<HTMLElement>('li.message');
      return { seq: first?.dataset.seq ?? '', offset: first?.getBoundingClientRect().top ?? 0 };
    });
  }

  offsetOf(seq: string): Promise<number> {
    return this.page.locator(`li.message[data-seq="${seq}"]`).evaluate((line) => line.getBoundingClientRect().top);
  }

  /** Says yes to what the page asks. */
  async confirm(label: string): Promise<void> {
    await this.page.getByRole('dialog').getByRole('button', { name: label }).click();
    await this.page.getByRole('dialog').waitFor({ state: 'detached' });
  }

  /** Clicks on `Try now` until the connection is back. */
  async tryNow(): Promise<void> {
    const button = this.page.getByRole('button', { name: 'Try now' });
    const banner = this.page.locator('.banner');
    while ((await banner.count()) > 0) {
      await button.or(this.page.locator('.shell:not(:has(.banner))')).first().waitFor();
      await button.click({ timeout: 500 }).catch(() => undefined); // it may have come back by itself
    }
  }

  private async fillCredentials(button: string): Promise<void> {
    const { page } = this;
    await page.getByLabel('Name', { exact: false }).first().fill(this.account.userId);
    await page.getByLabel('Password').fill(PASSWORD);
    await page.locator('form').getByRole('button', { name: button }).click();
    await this.inside();
  }

  private note(text: string): void {
    if (!this.expected.some((entries) => entries.test(text))) this.problems.push(text);
  }
}
