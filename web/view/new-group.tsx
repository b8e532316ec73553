import { Component, type ComponentChild } from 'preact';
import type { Person } from '../../client/index.js';
import { CHANNEL_NAME_CHARACTERS_MAX } from '../../src/core/client-bounds.js';
import type { Chat } from '../model/chat.js';
import type { Page } from '../model/page.js';
import { sentenceFor } from '../model/sentence.js';
import { holdTo } from '../model/text-length.js';
import { Complaint } from './complaint.js';
import { PersonPicker } from './person-picker.js';
import { SheetHead } from './sheet-head.js';

interface Props {
  page: Page;
  chat: Chat;
}

interface NewGroupState {
  name: string;
  chosen: readonly Person[];
  open: boolean;
  busy: boolean;
  complaint: string | undefined;
}

const NOBODY: ReadonlySet<string> = new Set();

export class NewGroup extends Component<Props, NewGroupState> {
  override state: NewGroupState = { name: '', chosen: [], open: false, busy: false, complaint: undefined };

  override render({ chat }: Props, { name, chosen, open, busy, complaint }: NewGroupState): ComponentChild {
    return (
      <>
        <SheetHead title="New group" back={{ view: 'chats' }} />
        <div class="scroll">
          <form class="sheet" onSubmit={(event) => this.submit(event)}>
            <Complaint sentence={complaint} card />
            <section class="card">
              <label class="field">
                <span>Name of the group</span>
                <input
                  class="input"
                  required
                  value={name}
                  onInput={({ currentTarget }) => {
                    holdTo(CHANNEL_NAME_CHARACTERS_MAX, currentTarget);
                    this.setState({ name: currentTarget.value });
                  }}
                />
              </label>
              <label class="check">
                <span>Anyone who has its link may join</span>
                <input
                  type="checkbox"
                  checked={open}
                  onChange={(event) => this.setState({ open: event.currentTarget.checked })}
                />
              </label>
            </section>
            <section class="card">
              <h2>Who is in it</h2>
              <PersonPicker
                chat={chat}
                chosen={chosen}
                without={NOBODY}
                onChange={(people) => this.setState({ chosen: people })}
              />
            </section>
            <button type="submit" class="button primary" disabled={busy || name.trim() === ''}>
              Create the group
            </button>
          </form>
        </div>
      </>
    );
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const { page, chat } = this.props;
    const { name, chosen, open } = this.state;
    this.setState({ busy: true, complaint: undefined });
    chat.createGroup({ name: name.trim(), members: chosen.map((person) => person.userId), public: open }).then(
      (channelId) => page.go({ view: 'channel', channelId }),
      (error: unknown) => this.setState({ busy: false, complaint: sentenceFor(error) }),
    );
  }
}
