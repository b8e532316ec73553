import { Component, type ComponentChild, type VNode } from 'preact';
import type { PendingMessage } from '../../client/index.js';
import type { MessageLine, Sending } from '../model/lines.js';
import { sentenceFor } from '../model/sentence.js';
import { Avatar, hueOf } from './avatar.js';
import { Icon } from './icon.js';
import { exactTime, timeOfDay } from './time.js';

export interface MessageProps {
  line: MessageLine;
  /** First of a run of one person's messages, last of it. */
  leads: boolean;
  ends: boolean;
  group: boolean;
  /** Members beside oneself. */
  others: number;
  name: string;
  onAgain: (message: PendingMessage) => void;
  onDiscard: (message: PendingMessage) => void;
}

/** Draws again only when something of it is another: long conversations stay quick. */
export class Message extends Component<MessageProps> {
  override shouldComponentUpdate(next: MessageProps): boolean {
    const { line, leads, ends, name, others } = this.props;
    return (
      line.sending !== next.line.sending ||
      line.readers !== next.line.readers ||
      line.text !== next.line.text ||
      line.seq !== next.line.seq ||
      leads !== next.leads ||
      ends !== next.ends ||
      name !== next.name ||
      others !== next.others
    );
  }

  override render(props: MessageProps): ComponentChild {
    const { line, leads, ends, group, name } = props;
    const withOthers = group && !line.own;
    const classes = ['message', line.own ? 'own' : '', leads ? 'leads' : '', ends ? 'ends' : '', line.sending ?? ''];
    return (
      <li class={classes.join(' ')} data-seq={line.seq}>
        {withOthers ? <Face shown={ends} id={line.from} name={name} /> : null}
        <div class="bubble">
          {withOthers && leads ? (
            <span class={`author ${hueOf(line.from)}`}>{name}</span>
          ) : (
            <span class="unseen">{line.own ? 'You' : name}: </span>
          )}
          <span class={`words ${line.text === undefined ? 'withheld' : ''}`}>
            {line.text ?? 'This message was deleted.'}
          </span>
          <Stamp {...props} />
          <Failure {...props} />
        </div>
      </li>
    );
  }
}

function Face({ shown, id, name }: { shown: boolean; id: string; name: string }): VNode {
  return shown ? <Avatar id={id} name={name} size="small" /> : <span class="avatar-room" />;
}

function Stamp({ line, group, others }: MessageProps): VNode {
  return (
    <span class="stamp">
      <time dateTime={line.at.toISOString()} title={exactTime(line.at)}>
        {timeOfDay(line.at)}
      </time>
      {line.sending === undefined ? null : (
        <span class={`state-${line.sending}`} data-state={line.sending} title={stateText(line, group, others)}>
          <Icon name={line.sending === 'read' ? 'delivered' : line.sending} />
          <span class="unseen">{stateText(line, group, others)}</span>
        </span>
      )}
    </span>
  );
}

const STATE_TEXT: Readonly<Record<Sending, string>> = {
  pending: 'Being sent',
  sent: 'Sent',
  delivered: 'Delivered',
  read: 'Read',
  failed: 'Not sent',
};

function stateText({ sending, readers }: MessageLine, group: boolean, others: number): string {
  if (sending === undefined) return '';
  return sending === 'read' && group ? `Read by ${readers} of ${others}` : STATE_TEXT[sending];
}

function Failure({ line, onAgain, onDiscard }: MessageProps): VNode | null {
  const { pending, sending } = line;
  if (sending !== 'failed' || pending === undefined) return null;
  return (
    <span class="failure" role="alert">
      Not sent. {pending.error === undefined ? '' : sentenceFor(pending.error)}
      <button type="button" class="link" onClick={() => onAgain(pending)}>
        Send again
      </button>
      <button type="button" class="link" onClick={() => onDiscard(pending)}>
        Discard
      </button>
    </span>
  );
}
