import { Component, type ComponentChild, createRef, type VNode } from 'preact';
import type { PendingMessage } from '../../client/index.js';
import type { Line } from '../model/lines.js';
import type { Loading } from '../model/thread.js';
import { Count } from './count.js';
import { Icon } from './icon.js';
import { Message, type MessageActs } from './message.js';
import { dayTitle, sameDay } from './time.js';

interface ThreadProps {
  lines: readonly Line[];
  loading: boolean;
  older: Loading;
  newer: Loading;
  complete: boolean;
  freshAbove: number;
  head: number;
  /** The lines end at the conversation's end. */
  atHead: boolean;
  /** What to bring into sight, a new object each time: a message, or without `seq` the end. */
  target: { readonly seq: number | undefined } | undefined;
  group: boolean;
  others: number;
  nameOf: (userId: string) => string;
  acts: MessageActs;
  onOlder: () => void;
  onNewer: () => void;
  onNewest: () => void;
  /** The end of the conversation is on the screen, and somebody is looking. */
  onSeen: () => void;
  onAgain: (message: PendingMessage) => void;
  onDiscard: (message: PendingMessage) => void;
}

/** So near to an edge counts as being there, pixels. */
const END_PX = 48;
const START_PX = 400;
/** Messages of one person closer than this stand together. */
const RUN_MS = 5 * 60_000;

interface Place {
  readonly fromEnd: number;
  readonly atEnd: boolean;
}

/**
 * The scrolled messages. Keeps what one reads where it is: at the end new messages scroll in; anywhere else nothing
 * moves, neither for new ones below nor for older ones above.
 */
export class ThreadView extends Component<ThreadProps, { atEnd: boolean; below: number }> {
  override state = { atEnd: true, below: 0 };
  private readonly box = createRef<HTMLDivElement>();
  private placed = false;
  private placedAt: ThreadProps['target'];
  private readonly onLook = (): void => this.look();
  private sizes: ResizeObserver | undefined;

  override componentDidMount(): void {
    document.addEventListener('visibilitychange', this.onLook);
    addEventListener('focus', this.onLook);
    this.sizes = new ResizeObserver(() => this.state.atEnd && this.props.atHead && this.toEnd());
    if (this.box.current !== null) this.sizes.observe(this.box.current);
    this.place();
  }

  override componentWillUnmount(): void {
    document.removeEventListener('visibilitychange', this.onLook);
    removeEventListener('focus', this.onLook);
    this.sizes?.disconnect();
  }

  override getSnapshotBeforeUpdate(): Place {
    const box = this.box.current;
    if (box === null) return { fromEnd: 0, atEnd: true };
    return { fromEnd: box.scrollHeight - box.scrollTop, atEnd: distanceToEnd(box) < END_PX };
  }

  override componentDidUpdate(before: ThreadProps, _: unknown, place: Place): void {
    const box = this.box.current;
    if (box === null) return;
    const grewAbove = this.props.lines[0]?.key !== before.lines[0]?.key;
    const mine = lastOwn(this.props.lines) !== lastOwn(before.lines) && this.props.lines.at(-1)?.key !== undefined;
    const still = before.atHead && this.props.atHead;
    if (!this.placed || this.props.target !== this.placedAt) this.place();
    else if ((place.atEnd && still) || (mine && isOwnLast(this.props.lines))) this.toEnd();
    else if (grewAbove) box.scrollTop = box.scrollHeight - place.fromEnd;
    const came = this.props.head - before.head;
    if (came > 0 && before.head > 0 && !place.atEnd && still) this.setState(({ below }) => ({ below: below + came }));
    this.look();
  }

  override render(props: ThreadProps, { atEnd, below }: { atEnd: boolean; below: number }): ComponentChild {
    return (
      <>
        {/* biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard */}
        <section ref={this.box} class="thread" aria-label="Messages" tabIndex={0} onScroll={() => this.onScroll()}>
          <Start {...props} />
          <Lines {...props} />
        </section>
        {atEnd && props.atHead ? null : (
          <button type="button" class="icon-button to-end" aria-label="To the newest" onClick={() => this.toNewest()}>
            <Icon name="down" />
            {below > 0 ? <Count value={below} of="new below" /> : null}
          </button>
        )}
      </>
    );
  }

  /** The first time there is something, at the first new message or the end; later where it was asked to go. */
  private place(): void {
    const box = this.box.current;
    const { target, lines } = this.props;
    if (box === null || lines.length === 0) return;
    this.placed = true;
    this.placedAt = target;
    const wanted = target === undefined ? '.fresh-mark' : `[data-seq="${target.seq}"]`;
    const mark = box.querySelector(wanted);
    if (mark === null) this.toEnd();
    else mark.scrollIntoView({ block: 'center' });
    this.onScroll();
  }

  private toNewest(): void {
    if (this.props.atHead) this.toEnd();
    else this.props.onNewest();
  }

  private toEnd(): void {
    const box = this.box.current;
    if (box !== null) box.scrollTop = box.scrollHeight;
  }

  private onScroll(): void {
    const box = this.box.current;
    if (box === null) return;
    const atEnd = distanceToEnd(box) < END_PX;
    if (atEnd !== this.state.atEnd || (atEnd && this.state.below > 0)) {
      this.setState(({ below }) => ({ atEnd, below: atEnd ? 0 : below }));
    }
    this.look();
  }

  private look(): void {
    const box = this.box.current;
    if (box === null || !this.placed) return;
    if (box.scrollTop < START_PX && !this.props.complete && this.props.older === 'idle') this.props.onOlder();
    if (!this.props.atHead) {
      if (distanceToEnd(box) < START_PX && this.props.newer === 'idle') this.props.onNewer();
      return;
    }
    const looking = document.visibilityState === 'visible' && document.hasFocus();
    if (looking && distanceToEnd(box) < END_PX) this.props.onSeen();
  }
}

const distanceToEnd = (box: HTMLElement): number => box.scrollHeight - box.scrollTop - box.clientHeight;

const lastOwn = (lines: readonly Line[]): string | undefined =>
  lines.findLast((line) => line.type === 'message' && line.own)?.key;

function isOwnLast(lines: readonly Line[]): boolean {
  const last = lines.at(-1);
  return last?.type === 'message' && last.own;
}

function Start({ loading, older, complete, lines, onOlder }: ThreadProps): VNode {
  if (older === 'failed') {
    return (
      <p class="thread-start">
        Older messages could not be loaded.{' '}
        <button type="button" class="link" onClick={onOlder}>
          Try again
        </button>
      </p>
    );
  }
  if (loading || older === 'loading') return <p class="thread-start">Loading…</p>;
  if (complete) return <p class="thread-start">{lines.length === 0 ? 'Say hello.' : 'The beginning'}</p>;
  return <p class="thread-start">&nbsp;</p>;
}

function Lines(props: ThreadProps): VNode {
  const now = new Date();
  const fresh = props.lines.find(
    (line) => line.type === 'message' && !line.own && (line.seq ?? 0) > props.freshAbove,
  )?.key;
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
          <LineView key={line.key} {...props} at={at} line={line} />,
        ];
      })}
    </ol>
  );
}

function LineView({ line, at, ...props }: ThreadProps & { line: Line; at: number }): VNode {
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
