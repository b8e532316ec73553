/** The whole page's state: who is signed in, where one is, what is said in passing. Views read it and call it. */
import { type AuthSession, localStorageStorage, ParleyClient, ParleyError } from '../../client/index.js';
import { Chat } from './chat.js';
import { Drafts } from './drafts.js';
import { watchIdle } from './idle.js';
import { isRefusal, untilRefused } from './persistence.js';
import { renew } from './push.js';
import { channelOf, hashOf, type Route, routeOf, seqOf } from './route.js';
import { sentenceFor } from './sentence.js';
import { holdSession } from './single-tab.js';

export type Stage =
  /** Looking whether this browser is still logged in; `trouble`: why that takes long. */
  | { readonly type: 'starting'; readonly trouble: string | undefined }
  | { readonly type: 'gate'; readonly note: string | undefined }
  /** Another tab of this browser holds the connection. */
  | { readonly type: 'elsewhere' }
  | { readonly type: 'chat'; readonly chat: Chat };

export interface Toast {
  readonly text: string;
  readonly kind: 'trouble' | 'news';
}

/** What is asked before something that cannot be taken back. */
export interface Question {
  readonly text: string;
  /** What the button says that does it. */
  readonly label: string;
  readonly act: () => Promise<unknown>;
}

/** Set while there should be a refresh cookie, which scripts cannot see. */
const LOGGED_IN = 'parley.loggedIn';
const TOAST_MS = 6_000;
/** Nobody pushes friend requests: the page looks for them so often. */
const PEOPLE_REFRESH_MS = 30_000;
const CLIENT_NAME = 'Parley page';
/** Of what the client stores of a user. */
const storageKey = (userId: string): string => `parley.${userId}`;

export interface PageOptions {
  /** With what this browser has stored of that user, when one is named; logged in, when there is a session. */
  readonly makeClient: (userId?: string, session?: AuthSession) => ParleyClient;
}

export class Page {
  stage: Stage = { type: 'starting', trouble: undefined };
  route: Route = routeOf(location.hash);
  toast: Toast | undefined;
  question: Question | undefined;
  /** The newest sentence for screen readers. */
  announcement = '';
  private readonly options: PageOptions;
  private readonly listeners = new Set<() => void>();
  private releaseTab: (() => void) | undefined;
  private toastTimer: number | undefined;
  private tick = false;
  private endPause: () => void = () => undefined;
  /** The session ends over it, which is no news of its own. */
  private deleting = false;

  constructor(options: PageOptions = browserOptions()) {
    this.options = options;
    addEventListener('hashchange', () => this.onHash());
    // A notification was clicked.
    navigator.serviceWorker?.addEventListener('message', ({ data }) => {
      if (data?.type === 'open') this.go({ view: 'channel', channelId: String(data.channelId) });
    });
    addEventListener('focus', () => this.refreshPeople());
    setInterval(() => document.visibilityState === 'visible' && this.refreshPeople(), PEOPLE_REFRESH_MS);
    addEventListener('online', () => this.wake());
    // Another tab, which holds the connection, has logged out.
    addEventListener('storage', ({ key, newValue }) => {
      if (key === LOGGED_IN && newValue === null && this.stage.type === 'elsewhere') this.loggedOut();
    });
    watchIdle((idle) => this.stage.type === 'chat' && this.stage.chat.client.setIdle(idle));
    document.addEventListener('visibilitychange', () => document.visibilityState === 'visible' && this.wake());
  }

  subscribe(listener: () => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Several changes in one turn are drawn once. */
  readonly changed = (): void => {
    if (this.tick) return;
    this.tick = true;
    queueMicrotask(() => {
      this.tick = false;
      for (const listener of this.listeners) listener();
    });
  };

  async start(): Promise<void> {
    if (localStorage.getItem(LOGGED_IN) === null) return this.setStage({ type: 'gate', note: undefined });
    try {
      const session = await untilRefused(
        () => this.options.makeClient().refresh(),
        (error) => this.setStage({ type: 'starting', trouble: sentenceFor(error) }),
        (ms) => this.pause(ms),
      );
      await this.enter(session);
    } catch (error) {
      this.loggedOut(error);
    }
  }

  /** Over sooner when the page wakes up. */
  private pause(ms: number): Promise<void> {
    return new Promise((resume) => {
      this.endPause = resume;
      setTimeout(resume, ms);
    });
  }

  async signUp(account: { userId: string; password: string; displayName: string }): Promise<void> {
    const { displayName, ...rest } = account;
    await this.enter(await this.options.makeClient().signUp(displayName === '' ? rest : { ...rest, displayName }));
    await this.tellWhere();
  }

  async logIn(credentials: { userId: string; password: string }): Promise<void> {
    await this.enter(await this.options.makeClient(credentials.userId).logIn(credentials));
  }

  async logOut(): Promise<void> {
    if (this.stage.type !== 'chat') return;
    const { client, writing } = this.stage.chat;
    try {
      await client.logOut();
      writing.drafts.clear();
    } catch (error) {
      client.connect().catch(() => undefined); // still logged in: the banner shows how it goes
      throw error;
    }
    this.leave(undefined);
  }

  /** For good. The login form follows; where it fails, only if the login is over all the same. */
  async deleteAccount(password: string): Promise<void> {
    if (this.stage.type !== 'chat') return;
    const { client, me, writing } = this.stage.chat;
    this.deleting = true;
    try {
      await client.people.deleteAccount(password);
    } catch (error) {
      if (client.session === undefined || client.connection.type === 'closed') this.leave(error);
      throw error;
    } finally {
      this.deleting = false;
    }
    this.leave(undefined);
    this.tell('Your account is deleted.');
    writing.drafts.clear();
    await client.close(); // it saves nothing after that
    localStorage.removeItem(storageKey(me));
  }

  /** Takes the connection over from the other tab. */
  async useHere(): Promise<void> {
    try {
      await this.enter(await this.options.makeClient().refresh(), true);
    } catch (error) {
      if (!isRefusal(error)) throw error;
      this.loggedOut(error);
    }
  }

  /** This browser is logged in no more. */
  private loggedOut(error?: unknown): void {
    const userId = localStorage.getItem(LOGGED_IN);
    if (userId !== null && isTakenBack(error)) new Drafts(localStorage, userId).clear();
    localStorage.removeItem(LOGGED_IN);
    this.setStage({ type: 'gate', note: undefined });
  }

  go(route: Route): void {
    const hash = hashOf(route);
    if (hash === hashOf(this.route)) return;
    location.hash = hash;
  }

  tell(text: string, kind: Toast['kind'] = 'news'): void {
    clearTimeout(this.toastTimer);
    this.toast = { text, kind };
    this.toastTimer = setTimeout(() => this.hush(), TOAST_MS) as unknown as number;
    this.changed();
  }

  hush(): void {
    clearTimeout(this.toastTimer);
    this.toast = undefined;
    this.changed();
  }

  readonly complain = (error: unknown): void => this.tell(sentenceFor(error), 'trouble');

  /** Runs what a button asked for; what goes wrong is told. */
  attempt(action: () => Promise<unknown>): void {
    action().catch(this.complain);
  }

  ask(question: Question): void {
    this.question = question;
    this.changed();
  }

  answer(yes: boolean): void {
    const { question } = this;
    this.question = undefined;
    this.changed();
    if (yes && question !== undefined) this.attempt(question.act);
  }

  private async enter(session: AuthSession, takeOver = false): Promise<void> {
    localStorage.setItem(LOGGED_IN, session.userId);
    const release = await holdSession(session.userId, takeOver, () => this.yieldTab());
    if (release === undefined) {
      this.setStage({ type: 'elsewhere' });
      return;
    }
    this.releaseTab = release;
    const client = this.options.makeClient(session.userId, session);
    const host = {
      changed: this.changed,
      complain: this.complain,
      tell: (sentence: string) => this.tell(sentence),
      announce: (sentence: string) => {
        this.announcement = sentence;
        this.changed();
      },
      ended: (error: unknown) => this.deleting || this.leave(error),
    };
    const chat = new Chat(client, session.userId, host, localStorage);
    if (session.profile !== undefined) chat.people.know([session.profile]);
    const started = chat.start();
    this.setStage({ type: 'chat', chat });
    this.openRoute();
    started
      .then(() => renew(client, session.userId))
      .catch((error: unknown) => {
        if (this.stage.type === 'chat' && this.stage.chat === chat) this.complain(error);
      });
  }

  /** The time zone and language, on which quiet hours and notifications depend. */
  private async tellWhere(): Promise<void> {
    if (this.stage.type !== 'chat') return;
    const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
    await this.stage.chat.client.people.changeProfile({ timeZone, locale: navigator.language }).catch(this.complain);
  }

  private leave(error: unknown): void {
    if (this.stage.type !== 'chat') return;
    const { chat } = this.stage;
    // Of another user, when one has logged in in another tab: the cookie is theirs by now.
    if (localStorage.getItem(LOGGED_IN) === chat.me) localStorage.removeItem(LOGGED_IN);
    if (isTakenBack(error)) chat.writing.drafts.clear();
    this.releaseTab?.();
    this.setStage({ type: 'gate', note: error === undefined ? undefined : sentenceFor(error) });
    this.go({ view: 'chats' });
    chat.close().catch(() => undefined);
  }

  private yieldTab(): void {
    if (this.stage.type !== 'chat') return;
    const { chat } = this.stage;
    this.setStage({ type: 'elsewhere' });
    chat.close().catch(() => undefined);
  }

  private setStage(stage: Stage): void {
    this.stage = stage;
    this.question = undefined;
    this.changed();
  }

  private onHash(): void {
    const before = channelOf(this.route);
    this.route = routeOf(location.hash);
    if (channelOf(this.route) !== before) this.openRoute();
    else this.goToRoute();
    if (this.route.view === 'people') this.refreshPeople();
    this.changed();
  }

  private openRoute(): void {
    const channelId = channelOf(this.route);
    if (this.stage.type === 'chat' && channelId !== undefined) this.stage.chat.open(channelId, seqOf(this.route));
  }

  /** To the message that the address names; also again, when it is asked for again. */
  goToRoute(): void {
    const { route, stage } = this;
    if (stage.type === 'chat' && route.view === 'channel') stage.chat.goTo(route.channelId, route.seq);
  }

  /** The network is back, or somebody is: no need to wait for the next try. */
  wake(): void {
    this.endPause();
    if (this.stage.type === 'chat') this.stage.chat.client.retryNow();
  }

  private refreshPeople(): void {
    if (this.stage.type !== 'chat') return;
    const { people, connection } = this.stage.chat;
    // Nobody asked for this: where it fails, what was known stays, and the banner tells how the connection is.
    if (people.loaded && connection.type === 'online') people.load().catch(() => undefined);
  }
}

/** Somebody ended this login, or it was stolen: nothing private may stay in this browser. */
function isTakenBack(error: unknown): boolean {
  return error instanceof ParleyError && (error.kind === 'session_revoked' || error.kind === 'refresh_reused');
}

function browserOptions(): PageOptions {
  return {
    makeClient: (userId, session) =>
      new ParleyClient({
        clientName: CLIENT_NAME,
        deviceName: deviceName(),
        ...(userId === undefined ? {} : { storage: localStorageStorage(storageKey(userId)) }),
        ...(session === undefined ? {} : { session }),
      }),
  };
}

/** What the list of devices calls this browser. */
function deviceName(): string {
  const agent = navigator.userAgent;
  const browser = ['Edg', 'OPR', 'Firefox', 'Chrome', 'Safari'].find((name) => agent.includes(name)) ?? 'Browser';
  const system = ['Android', 'iPhone', 'iPad', 'Windows', 'Mac', 'Linux'].find((name) => agent.includes(name));
  const friendly = { Edg: 'Edge', OPR: 'Opera' }[browser] ?? browser;
  return system === undefined ? friendly : `${friendly} on ${system}`;
}
