import { Component, type ComponentChild, type VNode } from 'preact';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { showBadge } from '../model/push.js';
import { paneOf } from '../model/route.js';
import { About } from './about.js';
import { Banner } from './banner.js';
import { Confirm } from './confirm.js';
import { Conversation } from './conversation.js';
import { Gate } from './gate.js';
import { Icon } from './icon.js';
import { NewGroup } from './new-group.js';
import { NoticeBanner } from './notice.js';
import { SettingsSheet } from './settings.js';
import { Side } from './side.js';

export class App extends Component<{ page: Page }> {
  private stop: (() => void) | undefined;
  /** As last told to the system, by this page. */
  private badge: number | undefined;
  /** A question was drawn last time. */
  private asked = false;

  override componentDidMount(): void {
    const { page } = this.props;
    this.stop = page.subscribe(() => {
      const { stage } = page;
      // Until the list is there, what the service worker has told stands.
      if (stage.type === 'chat' && stage.chat.loaded) this.count(stage.chat.unread, stage.chat.unreadAloud);
      else if (stage.type === 'gate') this.count(0, 0);
      this.setState({});
    });
  }

  /** The app's badge counts all, as what is pushed does while the page is away. */
  private count(unread: number, aloud: number): void {
    document.title = aloud > 0 ? `(${aloud}) Parley` : 'Parley';
    if (unread !== this.badge) showBadge(unread);
    this.badge = unread;
  }

  override componentDidUpdate(): void {
    const { question } = this.props.page;
    if (this.asked && question === undefined) focusComposerIfLost();
    this.asked = question !== undefined;
  }

  override componentWillUnmount(): void {
    this.stop?.();
  }

  override render(): ComponentChild {
    const { page } = this.props;
    return (
      <>
        <StageView page={page} />
        {page.question === undefined ? null : <Confirm page={page} question={page.question} />}
        <div class="unseen" aria-live="polite" data-testid="announcer">
          {page.announcement}
        </div>
        {page.toast === undefined ? null : (
          <div class="toast" role={page.toast.kind === 'trouble' ? 'alert' : 'status'}>
            <span>{page.toast.text}</span>
            <button type="button" class="icon-button" aria-label="Dismiss" onClick={() => page.hush()}>
              <Icon name="close" />
            </button>
          </div>
        )}
      </>
    );
  }
}

/** What was answered may have taken away the button that asked, and the keyboard's place with it: a message that is deleted has no menu. */
function focusComposerIfLost(): void {
  if (document.activeElement === document.body) document.querySelector<HTMLElement>('.composer textarea')?.focus();
}

function StageView({ page }: { page: Page }): VNode {
  const { stage } = page;
  switch (stage.type) {
    case 'starting':
      return (
        <div class="hollow whole" role="status">
          {stage.trouble === undefined ? (
            <span class="unseen">Starting…</span>
          ) : (
            <>
              <span class="spinner" aria-hidden="true" />
              <p>{stage.trouble} Trying again…</p>
              <button type="button" class="button" onClick={() => page.wake()}>
                Try now
              </button>
            </>
          )}
        </div>
      );
    case 'gate':
      return <Gate page={page} note={stage.note} />;
    case 'elsewhere':
      return <Elsewhere page={page} />;
    case 'chat':
      return <Shell page={page} chat={stage.chat} />;
  }
}

function Elsewhere({ page }: { page: Page }): VNode {
  return (
    <main class="hollow whole">
      <img src="/icon.svg" alt="" />
      <h1>Parley is open in another tab</h1>
      <p>One tab at a time holds the connection.</p>
      <button type="button" class="button primary" onClick={() => page.attempt(() => page.useHere())}>
        Use it here
      </button>
    </main>
  );
}

function Shell({ page, chat }: { page: Page; chat: Chat }): VNode {
  return (
    <div class="shell" data-pane={paneOf(page.route)}>
      <div class="banners">
        <Banner chat={chat} />
        <NoticeBanner client={chat.client} />
      </div>
      <div class="side">
        <Side page={page} chat={chat} />
      </div>
      <main class="main">
        <MainView page={page} chat={chat} />
      </main>
    </div>
  );
}

function MainView({ page, chat }: { page: Page; chat: Chat }): VNode {
  const { route } = page;
  switch (route.view) {
    case 'channel':
      return <Conversation key={route.channelId} page={page} chat={chat} channelId={route.channelId} />;
    case 'about':
      return <About key={route.channelId} page={page} chat={chat} channelId={route.channelId} />;
    case 'new-group':
      return <NewGroup page={page} chat={chat} />;
    case 'settings':
      return <SettingsSheet page={page} chat={chat} />;
    case 'chats':
    case 'people':
    case 'mentions':
      return (
        <div class="hollow">
          <img src="/icon.svg" alt="" />
          <h2>Choose a conversation</h2>
          <p>Or find someone under People and write the first line.</p>
        </div>
      );
  }
}
