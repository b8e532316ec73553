/** What one has begun to write in each conversation. Kept in this browser until it is sent, over reloads and from tab to tab. */

/** A message as it was when one began to answer or to edit it: wherever one goes meanwhile, it is still this one. */
export interface DraftTarget {
  readonly seq: number;
  readonly from: string;
  readonly text: string;
}

export interface DraftEdit {
  readonly target: DraftTarget;
  readonly text: string;
}

export interface Draft {
  /** Of the new message. */
  readonly text: string;
  /** What the new message answers. */
  readonly reply?: DraftTarget;
  /** Edits go before the new message; the composer shows the last of them. */
  readonly edits: readonly DraftEdit[];
  /** Edits that one finds again when one edits those messages: what is being written now is not taken from under one's hands. */
  readonly aside?: readonly DraftEdit[];
}

const NOTHING: Draft = { text: '', edits: [] };

/** The edit that the composer shows; undefined: it shows the new message. */
export function editIn({ edits }: Draft): DraftEdit | undefined {
  return edits.at(-1);
}

/** What stands in the composer. */
export function textIn(draft: Draft): string {
  return (editIn(draft) ?? draft).text;
}

export function typed(draft: Draft, text: string): Draft {
  const edit = editIn(draft);
  return edit === undefined
    ? { ...draft, text }
    : { ...draft, edits: [...draft.edits.slice(0, -1), { ...edit, text }] };
}

/** The new message is shown at once; edits in which something is changed wait aside. */
export function replying(draft: Draft, target: DraftTarget): Draft {
  return { ...laidAside(draft, draft.edits.filter(isBegun)), reply: target, edits: [] };
}

/** The new message waits meanwhile, and so does another edit in which something is changed. */
export function editing(draft: Draft, target: DraftTarget): Draft {
  const begun = allEdits(draft).find((edit) => edit.target.seq === target.seq && isBegun(edit));
  const others = draft.edits.filter((edit) => edit.target.seq !== target.seq && isBegun(edit));
  return { ...without(draft, target.seq), edits: [...others, { target, text: begun?.text ?? target.text }] };
}

/** The server refused that edit: one finds it again, at once where one writes nothing else. */
export function refused(draft: Draft, edit: DraftEdit): Draft {
  if (hasEditOf(draft, edit.target.seq)) return draft;
  return textIn(draft).trim() === '' ? { ...draft, edits: [...draft.edits, edit] } : laidAside(draft, [edit]);
}

/** Some edit of that message is begun. */
export function hasEditOf(draft: Draft, seq: number): boolean {
  return allEdits(draft).some(({ target }) => target.seq === seq);
}

/** That message is gone: nothing edits it. What one had changed in it is a new message, if there is none. */
export function erased(draft: Draft, seq: number): Draft {
  const shown = editIn(draft);
  const words = shown?.target.seq === seq && isBegun(shown) && draft.text === '' ? shown.text : draft.text;
  return { ...without(draft, seq), text: words };
}

function allEdits({ edits, aside = [] }: Draft): readonly DraftEdit[] {
  return [...edits, ...aside];
}

function without(draft: Draft, seq: number): Draft {
  const rest = (edits: readonly DraftEdit[]): readonly DraftEdit[] => edits.filter(({ target }) => target.seq !== seq);
  const { aside = [], ...others } = draft;
  return laidAside({ ...others, edits: rest(draft.edits) }, rest(aside));
}

function laidAside(draft: Draft, edits: readonly DraftEdit[]): Draft {
  return edits.length === 0 ? draft : { ...draft, aside: [...(draft.aside ?? []), ...edits] };
}

/** No more about another message: the edit is dropped; of a reply the text stays. */
export function cancelled(draft: Draft): Draft {
  const { reply, ...rest } = draft;
  return draft.edits.length > 0 ? { ...draft, edits: draft.edits.slice(0, -1) } : rest;
}

/** What the composer showed has been sent. */
export function said(draft: Draft): Draft {
  return draft.edits.length > 0 ? cancelled(draft) : laidAside(NOTHING, draft.aside ?? []);
}

const isBegun = ({ target, text }: DraftEdit): boolean => text !== target.text;

export type DraftStorage = Pick<Storage, 'getItem' | 'setItem' | 'removeItem' | 'key' | 'length'>;

export class Drafts {
  private readonly storage: DraftStorage;
  private readonly prefix: string;
  private readonly drafts = new Map<string, Draft>();

  constructor(storage: DraftStorage, userId: string) {
    this.storage = storage;
    this.prefix = `parley.draft.${userId}.`;
  }

  of(channelId: string): Draft {
    const draft = this.drafts.get(channelId) ?? this.stored(channelId);
    this.drafts.set(channelId, draft);
    return draft;
  }

  change(channelId: string, change: (draft: Draft) => Draft): void {
    const draft = change(this.of(channelId));
    this.drafts.set(channelId, draft);
    const key = this.prefix + channelId;
    const isEmpty = draft.text === '' && draft.reply === undefined && draft.edits.length === 0 && !draft.aside;
    try {
      if (isEmpty) this.storage.removeItem(key);
      else this.storage.setItem(key, JSON.stringify(draft));
    } catch {
      // No room: it is kept as long as the page is open.
    }
  }

  /** Nothing of them stays in this browser. */
  clear(): void {
    const keys = Array.from({ length: this.storage.length }, (_, at) => this.storage.key(at) ?? '');
    for (const key of keys) if (key.startsWith(this.prefix)) this.storage.removeItem(key);
    this.drafts.clear();
  }

  private stored(channelId: string): Draft {
    try {
      return { ...NOTHING, ...JSON.parse(this.storage.getItem(this.prefix + channelId) ?? '{}') };
    } catch {
      return NOTHING;
    }
  }
}
