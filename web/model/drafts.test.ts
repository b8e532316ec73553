import { describe, expect, it } from 'vitest';
import {
  cancelled,
  type Draft,
  type DraftStorage,
  Drafts,
  type DraftTarget,
  editIn,
  editing,
  erased,
  refused,
  replying,
  said,
  textIn,
  typed,
} from './drafts.js';

const EMPTY: Draft = { text: '', edits: [] };
const OLD: DraftTarget = { seq: 3, from: 'ann', text: 'an old one' };
const OTHER: DraftTarget = { seq: 5, from: 'ann', text: 'another' };

function storage(): DraftStorage {
  const rows = new Map<string, string>();
  return {
    getItem: (key) => rows.get(key) ?? null,
    setItem: (key, value) => void rows.set(key, value),
    removeItem: (key) => void rows.delete(key),
    key: (at) => [...rows.keys()][at] ?? null,
    get length() {
      return rows.size;
    },
  };
}

describe('a draft', () => {
  it('lets the new message wait while one edits, and shows it again afterwards', () => {
    const draft = typed(editing(typed(EMPTY, 'half a thought'), OLD), 'mended');
    expect([textIn(draft), editIn(draft)?.target]).toEqual(['mended', OLD]);
    expect(textIn(cancelled(draft))).toBe('half a thought');
    expect(textIn(said(draft))).toBe('half a thought');
  });

  it('keeps what it answers until that is said or cancelled; cancelled, the text stays', () => {
    const draft = typed(replying(EMPTY, OTHER), 'yes');
    expect(draft.reply).toEqual(OTHER);
    expect(cancelled(draft)).toEqual({ text: 'yes', edits: [] });
    expect(said(draft)).toEqual(EMPTY);
  });

  it('goes on with an edit that was begun, and leaves one in which nothing was changed', () => {
    const begun = typed(editing(EMPTY, OLD), 'half mended');
    const two = editing(begun, OTHER);
    expect(textIn(two)).toBe('another');
    expect(textIn(editing(two, OLD))).toBe('half mended');
    expect(editing(two, OLD).edits).toHaveLength(1);
  });

  it('gets an edit back that was refused, and not in place of what one writes now', () => {
    const edit = { target: OLD, text: 'too long' };
    expect(textIn(refused(EMPTY, edit))).toBe('too long');
    for (const writing of [typed(EMPTY, 'the next message'), typed(editing(EMPTY, OTHER), 'being edited')]) {
      const busy = refused(writing, edit);
      expect(textIn(busy)).toBe(textIn(writing));
      expect(textIn(said(busy))).toBe('');
      expect(textIn(editing(said(busy), OLD))).toBe('too long');
    }
  });

  it('shows the new message as soon as one replies, and the edit that was begun when one edits that message again', () => {
    const draft = replying(typed(editing(EMPTY, OLD), 'half mended'), OTHER);
    expect([textIn(draft), draft.reply]).toEqual(['', OTHER]);
    expect(textIn(editing(said(typed(draft, 'yes')), OLD))).toBe('half mended');
  });

  it('edits nothing that was deleted; what was changed in it is a new message, if there is none', () => {
    const begun = typed(editing(EMPTY, OLD), 'half mended');
    expect(erased(begun, OLD.seq)).toEqual({ text: 'half mended', edits: [] });
    expect(erased(editing(EMPTY, OLD), OLD.seq)).toEqual(EMPTY);
    expect(textIn(erased(typed(editing(typed(EMPTY, 'mine'), OLD), 'half mended'), OLD.seq))).toBe('mine');
    expect(textIn(erased(editing(begun, OTHER), OLD.seq))).toBe('another');
    expect(erased(replying(begun, OTHER), OLD.seq)).toEqual({ text: '', edits: [], reply: OTHER });
    expect(erased(refused(typed(EMPTY, 'mine'), { target: OLD, text: 'too long' }), OLD.seq)).toEqual(
      typed(EMPTY, 'mine'),
    );
  });
});

describe('the drafts of a browser', () => {
  it('are there again after a reload, each in its conversation, and of each user their own', () => {
    const rows = storage();
    new Drafts(rows, 'ann').change('ann~ben', (draft) => typed(draft, 'to ben'));
    const reloaded = new Drafts(rows, 'ann');
    expect(['ann~ben', 'ann~carla'].map((id) => textIn(reloaded.of(id)))).toEqual(['to ben', '']);
    expect(textIn(new Drafts(rows, 'ben').of('ann~ben'))).toBe('');
  });

  it('leave nothing behind once they are sent, or cleared', () => {
    const rows = storage();
    const drafts = new Drafts(rows, 'ann');
    drafts.change('ann~ben', (draft) => typed(draft, 'one'));
    drafts.change('ann~carla', (draft) => typed(draft, 'two'));
    drafts.change('ann~ben', said);
    expect(rows.length).toBe(1);
    drafts.clear();
    expect([rows.length, textIn(drafts.of('ann~carla'))]).toEqual([0, '']);
  });

  it('stay while the page is open where the browser has no room for them, and forget what is no draft', () => {
    const rows = storage();
    rows.setItem('parley.draft.ann.ann~ben', '{no json');
    const full = {
      ...rows,
      length: 0,
      setItem: () => {
        throw new Error('QuotaExceededError');
      },
    };
    const drafts = new Drafts(full, 'ann');
    expect(drafts.of('ann~ben')).toEqual(EMPTY);
    drafts.change('ann~ben', (draft) => typed(draft, 'kept'));
    expect(textIn(drafts.of('ann~ben'))).toBe('kept');
  });
});
