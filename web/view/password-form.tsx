import { Component, type ComponentChild } from 'preact';
import { passwordComplaint } from '../model/sentence.js';
import { Complaint } from './complaint.js';

interface Props {
  title: string;
  /** What the button says. */
  action: string;
  danger?: boolean;
  /** The complaint about a wrong password. */
  wrong: string;
  /** With what the named field holds; rejects with what went wrong. */
  submit: (field: (name: string) => string) => Promise<void>;
  children: ComponentChild;
}

interface FormState {
  busy: boolean;
  complaint: string | undefined;
}

/** A card whose action asks for one's password. Emptied once it is done. */
export class PasswordForm extends Component<Props, FormState> {
  override state: FormState = { busy: false, complaint: undefined };

  override render({ title, action, danger, children }: Props, { busy, complaint }: FormState): ComponentChild {
    return (
      <form class="card" aria-label={title} onSubmit={(event) => this.submit(event)}>
        <h2>{title}</h2>
        <Complaint sentence={complaint} />
        {children}
        <div class="row">
          <button type="submit" class={danger ? 'button danger' : 'button'} disabled={busy}>
            {action}
          </button>
        </div>
      </form>
    );
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const given = new FormData(form);
    const { submit, wrong } = this.props;
    this.setState({ busy: true, complaint: undefined });
    submit((name) => String(given.get(name) ?? '')).then(
      () => {
        this.setState({ busy: false });
        form.reset();
      },
      (error: unknown) => this.setState({ busy: false, complaint: passwordComplaint(error, wrong) }),
    );
  }
}
