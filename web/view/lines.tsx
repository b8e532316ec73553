import { Component, type ComponentChild, type VNode } from 'preact';
import type { PendingMessage } from '../../client/index.js';
import type { Line } from '../model/lines.js';
import { Message, type MessageActs } from './message.js';
import { dayTitle, sameDay } from './time.js';

interface LinesProps {
  lines: readonly Line[];
  freshAbove: number;
  target: { readonly seq: number | undefined } | undefined;
  /** The message that Tab reaches, by its key; undefined, or none of them: the last one. */
  reached: string | undefined;
  group: boolean;
  others: number;
  nameOf: (userId: string) => string;
  acts: MessageActs;
  onAgain: (message: PendingMessage) => void;
  onDiscard: (message: PendingMessage) => void;
}

/** Messages of one person closer than this stand together. */
const RUN_MS = 5 * 60_000;

/** The lines of a conversation. Draws again only when something of them is another: not for each letter that somebody types. */
export class Lines extends Component<LinesProps> {
  private drawnOn = new Date();

  override shouldComponentUpdate(next: LinesProps): boolean {
    const { lines, freshAbove, target, reached, others, acts } = this.props;
    return (
      lines !== next.lines ||
      freshAbove !== next.freshAbove ||
      target !== next.target ||
      reached !== next.reached ||
      others !== next.others ||
      acts.moderates !== next.acts.moderates ||
      !sameDay(this.drawnOn, new Date())
    );
  }

  override render(props: LinesProps): ComponentChild {
    const now = new Date();
    this.drawnOn = now;
    const fresh = props.lines.find(
      (line) => line.type === 'message' && !line.own && (line.seq ?? 0) > props.freshAbove,
    )?.key;
    const reached = props.lines.some(({ key }) => key === props.reached)
      ? props.reached
      : props.lines.findLast((line) => line.type === 'message' && line.seq !== undefined && line.text !== undefined)
          ?.key;
    return (
      <ol class="lines">
        {props.lines.flatMap((line, at) => {
          const before = props.lines[at - 1];
          const newDay = before === undefined || !sameDay(before.at, line.at);
          return [
            newDay ? (
              <li key={`day ${line.key}`} class="day">
                {dayTitle(line.at, now)}
              </li>
            ) : null,
            line.key === fresh ? (
              <li key="fresh" class="fresh-mark">
                New
              </li>
            ) : null,
            <LineView key={line.key} {...props} reached={reached} at={at} line={line} />,
          ];
        })}
      </ol>
    );
  }
}

function LineView({ line, at, ...props }: LinesProps & { line: Line; at: number }): VNode {
  if (line.type === 'system') {
    return (
      <li class="system" data-seq={line.seq}>
        {line.text}
      </li>
    );
  }
  return (
    <Message
      line={line}
      leads={!sameRun(props.lines[at - 1], line)}
      ends={!sameRun(line, props.lines[at + 1])}
      group={props.group}
      others={props.others}
      found={line.seq !== undefined && line.seq === props.target?.seq}
      reached={line.key === props.reached}
      name={props.nameOf(line.from)}
      acts={props.acts}
      onAgain={props.onAgain}
      onDiscard={props.onDiscard}
    />
  );
}

function sameRun(one: Line | undefined, other: Line | undefined): boolean {
  return (
    one?.type === 'message' &&
    other?.type === 'message' &&
    one.from === other.from &&
    sameDay(one.at, other.at) &&
    Math.abs(other.at.getTime() - one.at.getTime()) < RUN_MS
  );
}
