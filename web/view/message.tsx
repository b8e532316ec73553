import { Component, type ComponentChild, type VNode } from 'preact';
import type { PendingMessage } from '../../client/index.js';
import type { MessageLine, Sending } from '../model/lines.js';
import { sentenceFor } from '../model/sentence.js';
import { Avatar, hueOf } from './avatar.js';
import { Icon } from './icon.js';
import { Menu, type MenuItem } from './menu.js';
import { Reactions } from './reactions.js';
import { exactTime, timeOfDay } from './time.js';
import { Words } from './words.js';

/** What one may do to a message. */
export interface MessageActs {
  readonly me: string;
  readonly nameOf: (userId: string) => string;
  /** Whether one may delete what others wrote. */
  readonly moderates: boolean;
  readonly onReply: (seq: number) => void;
  readonly onEdit: (seq: number) => void;
  readonly onErase: (seq: number) => void;
  readonly onReact: (seq: number, emoji: string, removed: boolean) => void;
}

const QUICK_EMOJIS = ['👍', '❤️', '😂', '🎉'];

export interface MessageProps {
  line: MessageLine;
  /** First of a run of one person's messages, last of it. */
  leads: boolean;
  ends: boolean;
  group: boolean;
  /** Members beside oneself. */
  others: number;
  /** It is the one that was looked for. */
  found: boolean;
  /** Tab reaches what belongs to it: of all messages one alone, from which the arrow keys go on. */
  reached: boolean;
  name: string;
  acts: MessageActs;
  onAgain: (message: PendingMessage) => void;
  onDiscard: (message: PendingMessage) => void;
}

/** Draws again only when something of it is another: long conversations stay quick. */
export class Message extends Component<MessageProps> {
  override shouldComponentUpdate(next: MessageProps): boolean {
    const { line, leads, ends, name, others, found, reached } = this.props;
    return (
      line.sending !== next.line.sending ||
      line.readers !== next.line.readers ||
      line.text !== next.line.text ||
      line.edited !== next.line.edited ||
      line.reply?.text !== next.line.reply?.text ||
      line.reply?.name !== next.line.reply?.name ||
      JSON.stringify(line.reactions) !== JSON.stringify(next.line.reactions) ||
      this.props.acts.moderates !== next.acts.moderates ||
      line.seq !== next.line.seq ||
      found !== next.found ||
      reached !== next.reached ||
      leads !== next.leads ||
      ends !== next.ends ||
      name !== next.name ||
      others !== next.others
    );
  }

  override render(props: MessageProps): ComponentChild {
    const { line, leads, ends, group, name, found, reached } = props;
    const withOthers = group && !line.own;
    const classes = [
      'message',
      line.own ? 'own' : '',
      leads ? 'leads' : '',
      ends ? 'ends' : '',
      found ? 'found' : '',
      line.sending ?? '',
    ];
    return (
      <li class={classes.join(' ')} data-seq={line.seq} data-key={line.key}>
        {withOthers ? <Face shown={ends} id={line.from} name={name} /> : null}
        {/* The direction of its text is that of the bubble; what else stands in it has its own. */}
        <div class="bubble" dir="auto">
          {withOthers && leads ? (
            <span class={`author ${hueOf(line.from)}`}>
              <bdi>{name}</bdi>
            </span>
          ) : (
            <span class="unseen" dir="ltr">
              <bdi>{line.own ? 'You' : name}</bdi>:{' '}
            </span>
          )}
          <Reply {...props} />
          {line.text === undefined ? (
            <span class="words withheld" dir="ltr">
              This message was deleted.
            </span>
          ) : (
            <Words text={line.text} mentions={line.mentions} me={props.acts.me} reached={reached} />
          )}
          <Stamp {...props} />
          <Failure {...props} />
          <Reactions
            reactions={line.reactions}
            me={props.acts.me}
            nameOf={props.acts.nameOf}
            reached={reached}
            onReact={(emoji, removed) => props.acts.onReact(line.seq ?? 0, emoji, removed)}
          />
        </div>
        <Acts {...props} />
      </li>
    );
  }
}

function Reply({ line: { reply } }: MessageProps): VNode | null {
  if (reply === undefined) return null;
  const { from, name, text } = reply;
  return (
    <span class="quote" dir="auto">
      <b dir="ltr">
        <bdi>{from === undefined ? 'An earlier message' : name}</bdi>
      </b>{' '}
      {from === undefined ? '' : (text ?? 'deleted')}
    </span>
  );
}

function Acts({ line: { seq, own, text }, acts, reached }: MessageProps): VNode | null {
  if (seq === undefined || text === undefined) return null;
  const items: MenuItem[] = [
    ...QUICK_EMOJIS.map((emoji) => ({ label: emoji, act: () => acts.onReact(seq, emoji, false) })),
    { label: 'Reply', act: () => acts.onReply(seq) },
    ...(own ? [{ label: 'Edit', act: () => acts.onEdit(seq) }] : []),
    ...(own || acts.moderates ? [{ label: 'Delete', danger: true, act: () => acts.onErase(seq) }] : []),
  ];
  return <Menu label="More about this message" items={items} reached={reached} />;
}

function Face({ shown, id, name }: { shown: boolean; id: string; name: string }): VNode {
  return shown ? <Avatar id={id} name={name} size="small" /> : <span class="avatar-room" />;
}

function Stamp({ line, group, others }: MessageProps): VNode {
  return (
    <span class="stamp">
      {line.edited ? 'edited ' : null}
      <time dir="ltr" dateTime={line.at.toISOString()} title={exactTime(line.at)}>
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
    <span class="failure" dir="ltr" role="alert">
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
