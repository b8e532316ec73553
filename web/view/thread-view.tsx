import { Component, type ComponentChild, createRef, type VNode } from 'preact';
import type { PendingMessage } from '../../client/index.js';
import type { Line } from '../model/lines.js';
import type { Loading } from '../model/thread.js';
import { Count } from './count.js';
import { Icon } from './icon.js';
import { Lines } from './lines.js';
import type { MessageActs } from './message.js';

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
  /** Its end is on the screen. */
  onEnd: () => void;
  /** The end of the conversation is on the screen, and somebody is looking. */
  onSeen: () => void;
  onAgain: (message: PendingMessage) => void;
  onDiscard: (message: PendingMessage) => void;
}

/** So near to an edge counts as being there, pixels. */
const END_PX = 48;
const START_PX = 400;

interface ThreadState {
  atEnd: boolean;
  below: number;
  /** The message that Tab reaches, by its key; undefined: the last one. */
  reached: string | undefined;
}

interface Place {
  readonly height: number;
  readonly fromEnd: number;
  readonly atEnd: boolean;
}

/**
 * The scrolled messages. Keeps what one reads where it is: at the end new messages scroll in; anywhere else nothing
 * moves, neither for new ones below nor for older ones above.
 */
export class ThreadView extends Component<ThreadProps, ThreadState> {
  override state: ThreadState = { atEnd: true, below: 0, reached: undefined };
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
    if (box === null) return { height: 0, fromEnd: 0, atEnd: true };
    const { scrollHeight: height, scrollTop } = box;
    return { height, fromEnd: height - scrollTop, atEnd: distanceToEnd(box) < END_PX };
  }

  override componentDidUpdate(before: ThreadProps, _: unknown, place: Place): void {
    const box = this.box.current;
    if (box === null) return;
    const grewAbove = this.props.lines[0]?.key !== before.lines[0]?.key;
    const mine = lastOwn(this.props.lines) !== lastOwn(before.lines) && this.props.lines.at(-1)?.key !== undefined;
    const still = before.atHead && this.props.atHead;
    if (!this.placed || this.props.target !== this.placedAt) this.place();
    else if ((place.atEnd && still && box.scrollHeight !== place.height) || (mine && isOwnLast(this.props.lines)))
      this.toEnd();
    else if (grewAbove) box.scrollTop = box.scrollHeight - place.fromEnd;
    const came = this.props.head - before.head;
    if (came > 0 && before.head > 0 && !place.atEnd && still) this.setState(({ below }) => ({ below: below + came }));
    this.look();
  }

  override render(props: ThreadProps, { atEnd, below, reached }: ThreadState): ComponentChild {
    return (
      <>
        <section
          ref={this.box}
          class="thread"
          aria-label="Messages"
          // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reachable by keyboard
          tabIndex={0}
          onScroll={() => this.onScroll()}
          onFocusIn={(event) => this.setState({ reached: messageOf(event.target)?.dataset.key })}
          onKeyDown={(event) => onArrow(event)}
        >
          <Start {...props} />
          <Lines {...props} reached={reached} />
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
    if (distanceToEnd(box) >= END_PX) return;
    this.props.onEnd();
    const looking = document.visibilityState === 'visible' && document.hasFocus();
    if (looking) this.props.onSeen();
  }
}

const messageOf = (target: EventTarget | null): HTMLElement | null =>
  target instanceof Element ? target.closest<HTMLElement>('li.message') : null;

/** From what belongs to one message to the next one above or below. */
function onArrow(event: KeyboardEvent): void {
  const step = { ArrowDown: 'nextElementSibling', ArrowUp: 'previousElementSibling' } as const;
  const way = event.key === 'ArrowDown' || event.key === 'ArrowUp' ? step[event.key] : undefined;
  const from = messageOf(event.target);
  if (way === undefined || from === null || event.defaultPrevented) return;
  event.preventDefault();
  for (let next = from[way]; next !== null; next = next[way]) {
    const button = next.querySelector<HTMLElement>('.menu > button');
    if (button !== null) return button.focus();
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
