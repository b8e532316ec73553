import { Component, type ComponentChild, createRef } from 'preact';
import type { Page, Question } from '../model/page.js';

interface Props {
  page: Page;
  question: Question;
}

/** Asks before what cannot be taken back. Escape is no. To close it gives the focus back to where it was. */
export class Confirm extends Component<Props> {
  private readonly box = createRef<HTMLDialogElement>();

  override componentDidMount(): void {
    this.box.current?.showModal();
  }

  override render({ page, question }: Props): ComponentChild {
    return (
      <dialog
        ref={this.box}
        class="confirm"
        aria-labelledby="confirm-text"
        onClose={({ currentTarget }) => page.answer(currentTarget.returnValue === 'yes')}
      >
        <p id="confirm-text">{question.text}</p>
        <div class="row">
          <button type="button" class="button" onClick={() => this.box.current?.close()}>
            Cancel
          </button>
          <button type="button" class="button danger" onClick={() => this.box.current?.close('yes')}>
            {question.label}
          </button>
        </div>
      </dialog>
    );
  }
}
