import { expect, it } from 'vitest';
import { stored } from '../../protocol/stored.js';
import { decodeForm, encodeForm, withoutHidden } from './form.js';

it('reads a form that was stored without the seqs of its reactions, and shows those to everybody', () => {
  const reactions = [{ emoji: '👍', userIds: ['alice', 'bob'] }];
  const form = decodeForm(stored.StoredForm.encode({ asOf: 5, reactions }).finish());
  const all = [
    { userId: 'alice', seq: 0 },
    { userId: 'bob', seq: 0 },
  ];
  expect(form.reactions.get('👍')).toEqual(all);
  expect(withoutHidden(form, (seq) => seq >= 1).reactions.get('👍')).toEqual(all);
  expect(decodeForm(encodeForm(form))).toEqual(form);
});
