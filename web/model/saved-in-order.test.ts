import { expect, it } from 'vitest';
import { SavedInOrder } from './saved-in-order.js';

interface Settings {
  readonly level: string;
  readonly muted: boolean;
}

/** A server that answers when told, in a form of its own; `shown`: what was shown, each time. */
function setup() {
  let stored: Settings = { level: 'everything', muted: false };
  const asked: { readonly change: Partial<Settings>; readonly answer: (refusal?: Error) => Promise<void> }[] = [];
  const shown: string[] = [];
  const save = (change: Partial<Settings>): Promise<Settings> =>
    new Promise((resolve, reject) => {
      const answer = async (refusal?: Error): Promise<void> => {
        if (refusal !== undefined) reject(refusal);
        else {
          stored = { ...stored, ...change };
          resolve(stored);
        }
        await new Promise((done) => setImmediate(done));
      };
      asked.push({ change, answer });
    });
  const settings = new SavedInOrder(stored, save, ({ level, muted }, saved) =>
    shown.push(`${level} ${muted}${saved ? '' : ', saving'}`),
  );
  return { settings, asked, shown };
}

const turn = (): Promise<void> => new Promise((done) => setImmediate(done));

it('shows a change at once, and does not take it back when an earlier one is answered', async () => {
  const { settings, asked, shown } = setup();
  const first = settings.change({ level: 'mentions' });
  const second = settings.change({ muted: true });
  await turn();
  expect(shown).toEqual(['everything false', 'mentions false, saving', 'mentions true, saving']);
  expect(asked.map(({ change }) => change)).toEqual([{ level: 'mentions' }]); // the other one waits for its turn
  await asked[0]?.answer();
  await first;
  expect(shown.slice(3)).toEqual([]);
  await asked[1]?.answer();
  await second;
  expect(shown.slice(3)).toEqual(['mentions true']);
});

it('shows what is saved when a change is not, and saves the next one all the same', async () => {
  const { settings, asked, shown } = setup();
  const refused = expect(settings.change({ level: 'nothing' })).rejects.toThrow('no');
  await turn();
  await asked[0]?.answer(new Error('no'));
  await refused;
  expect(shown.at(-1)).toBe('everything false');
  const next = settings.change({ muted: true });
  await turn();
  await asked[1]?.answer();
  await next;
  expect(shown.at(-1)).toBe('everything true');
});
