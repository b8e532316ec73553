import { Component, type VNode } from 'preact';
import type { ParleyClient } from '../../client/index.js';
import { Icon } from './icon.js';

interface Props {
  readonly client: ParleyClient;
}

/** What the operators tell everybody; whoever has read it may put it away. */
export class NoticeBanner extends Component<Props, { readonly readId: string }> {
  override state = { readId: '' };

  override render(): VNode | null {
    const { notice } = this.props.client;
    if (notice === undefined || notice.id === this.state.readId) return null;
    return (
      <div class="notice" role="status" data-testid="notice">
        <span>{notice.text}</span>
        <button
          type="button"
          class="icon-button"
          aria-label="Dismiss"
          onClick={() => this.setState({ readId: notice.id })}
        >
          <Icon name="close" />
        </button>
      </div>
    );
  }
}
