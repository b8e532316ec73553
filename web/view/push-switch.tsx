import { Component, type ComponentChild } from 'preact';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { canPush, isSubscribed, subscribe, unsubscribe } from '../model/push.js';

interface Props {
  page: Page;
  chat: Chat;
}

interface State {
  /** Undefined: this browser or this server has no push. */
  key: string | undefined;
  subscribed: boolean;
}

/** Whether this browser tells of messages while the page is closed. */
export class PushSwitch extends Component<Props, State> {
  override state: State = { key: undefined, subscribed: false };

  override componentDidMount(): void {
    if (canPush()) this.props.page.attempt(() => this.load());
  }

  override render(_props: Props, { key, subscribed }: State): ComponentChild {
    if (key === undefined) return null;
    return (
      <label class="check">
        <span>Notify me on this device while the page is closed</span>
        <input
          type="checkbox"
          checked={subscribed}
          onChange={(event) => this.change(key, event.currentTarget.checked)}
        />
      </label>
    );
  }

  private async load(): Promise<void> {
    const { webPushKey } = await this.props.chat.client.people.pushes();
    this.setState({ key: webPushKey ?? undefined, subscribed: await isSubscribed(this.props.chat.me) });
  }

  private change(key: string, wanted: boolean): void {
    const { page, chat } = this.props;
    page.attempt(async () => {
      try {
        if (!wanted) await unsubscribe(chat.client);
        else if (!(await subscribe(chat.client, chat.me, key)))
          page.tell('The browser does not allow notifications here.');
      } catch (error) {
        if (!(error instanceof DOMException)) throw error;
        page.tell('This browser cannot be notified here (a private window, perhaps).');
      } finally {
        this.setState({ subscribed: await isSubscribed(chat.me) });
      }
    });
  }
}
