import { Component, type ComponentChild } from 'preact';
import {
  DISPLAY_NAME_CHARACTERS_MAX,
  PASSWORD_CHARACTERS_MIN,
  USER_ID_CHARACTERS_MAX,
  USER_ID_CHARACTERS_MIN,
} from '../../src/core/client-bounds.js';
import type { Page } from '../model/page.js';
import { sentenceFor } from '../model/sentence.js';
import { holdTo } from '../model/text-length.js';
import { Complaint } from './complaint.js';

interface GateState {
  mode: 'log-in' | 'sign-up';
  busy: boolean;
  complaint: string | undefined;
}

interface GateProps {
  page: Page;
  note: string | undefined;
}

/** Where one signs up or logs in. */
export class Gate extends Component<GateProps, GateState> {
  override state: GateState = { mode: 'log-in', busy: false, complaint: undefined };

  override render({ note }: GateProps, { mode, busy, complaint }: GateState): ComponentChild {
    const signingUp = mode === 'sign-up';
    return (
      <main class="gate">
        <div class="gate-card">
          <header class="gate-head">
            <img src="/icon.svg" alt="" />
            <h1>{signingUp ? 'Join Parley' : 'Welcome to Parley'}</h1>
            <p>{signingUp ? 'Choose a name that others find you by.' : 'Log in to go on where you stopped.'}</p>
          </header>
          <form onSubmit={(event) => this.submit(event)}>
            <Complaint sentence={complaint ?? note} />
            <NameField signingUp={signingUp} />
            {signingUp ? <DisplayNameField /> : null}
            <PasswordField signingUp={signingUp} />
            <button type="submit" class="button primary" disabled={busy}>
              {signingUp ? 'Sign up' : 'Log in'}
            </button>
          </form>
          <p class="gate-swap">
            {signingUp ? 'Already here?' : 'New here?'}{' '}
            <button type="button" class="link" onClick={() => this.swap()}>
              {signingUp ? 'Log in' : 'Sign up'}
            </button>
          </p>
        </div>
      </main>
    );
  }

  private swap(): void {
    this.setState(({ mode }) => ({ mode: mode === 'log-in' ? 'sign-up' : 'log-in', complaint: undefined }));
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const { page } = this.props;
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const field = (name: string): string => String(data.get(name) ?? '');
    const userId = field('userId').trim().toLowerCase();
    const password = field('password');
    this.setState({ busy: true, complaint: undefined });
    const entering =
      this.state.mode === 'sign-up'
        ? page.signUp({ userId, password, displayName: field('displayName').trim() })
        : page.logIn({ userId, password });
    entering.then(
      () => this.setState({ busy: false }),
      (error: unknown) => this.setState({ busy: false, complaint: sentenceFor(error) }),
    );
  }
}

function NameField({ signingUp }: { signingUp: boolean }): ComponentChild {
  return (
    <label class="field">
      <span>Name</span>
      <input
        class="input"
        name="userId"
        required
        minLength={USER_ID_CHARACTERS_MIN}
        maxLength={USER_ID_CHARACTERS_MAX}
        pattern="[A-Za-z][A-Za-z0-9_]*"
        title="A letter, then letters, digits and underscores"
        autocomplete="username"
        autocapitalize="none"
        spellcheck={false}
      />
      {signingUp ? <small>Letters, digits and underscores. It cannot be changed later.</small> : null}
    </label>
  );
}

function DisplayNameField(): ComponentChild {
  return (
    <label class="field">
      <span>What others see (optional)</span>
      <input
        class="input"
        name="displayName"
        onInput={(event) => holdTo(DISPLAY_NAME_CHARACTERS_MAX, event.currentTarget)}
        autocomplete="name"
        placeholder="Ann Lee"
      />
    </label>
  );
}

function PasswordField({ signingUp }: { signingUp: boolean }): ComponentChild {
  return (
    <label class="field">
      <span>Password</span>
      <input
        class="input"
        name="password"
        type="password"
        required
        minLength={signingUp ? PASSWORD_CHARACTERS_MIN : 1}
        autocomplete={signingUp ? 'new-password' : 'current-password'}
      />
      {signingUp ? <small>At least {PASSWORD_CHARACTERS_MIN} characters.</small> : null}
    </label>
  );
}
