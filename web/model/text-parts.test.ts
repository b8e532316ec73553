import { describe, expect, it } from 'vitest';
import type { Mention } from '../../client/index.js';
import { partsOf } from './text-parts.js';

const links = (text: string) => partsOf(text, []).flatMap(({ href }) => href ?? []);

describe('the parts of a text', () => {
  it('are, put together, the text', () => {
    const text = 'see https://example.org/a, or http://example.org.\nbye';
    expect(partsOf(text, []).map((part) => part.text)).toEqual([
      ...['see ', 'https://example.org/a', ', or ', 'http://example.org', '.\nbye'],
    ]);
    expect(partsOf('', [])).toEqual([]);
  });

  it('lead to http and https only, to where they say', () => {
    const bad = 'javascript:alert(1) data:text/html,x ftp://x.org //x.org www.x.org http:// https://\u202egro.live/';
    expect(links(bad)).toEqual([]);
    expect(links('HTTPS://Example.org/A?b=1#c')).toEqual(['https://example.org/A?b=1#c']);
    expect(links('xhttp://example.org')).toEqual([]);
    expect(links('<a href="https://example.org/q">')).toEqual(['https://example.org/q']);
  });

  it('leave the end of the sentence out of an address, and brackets that it opened in', () => {
    expect(links('(https://example.org/a) “https://example.org/b”…')).toEqual([
      'https://example.org/a',
      'https://example.org/b',
    ]);
    expect(links('https://example.org/Tree_(graph).')).toEqual(['https://example.org/Tree_(graph)']);
  });

  it('set mentions apart, and of two that overlap the first', () => {
    const mention = (start: number, length: number): Mention => ({ kind: 'user', userId: 'ben', start, length });
    expect(partsOf('hi @Ben', [mention(3, 4)])).toEqual([{ text: 'hi ' }, { text: '@Ben', mention: mention(3, 4) }]);
    expect(partsOf('https://x.org/@Ben', [mention(14, 4)])).toHaveLength(1);
    expect(partsOf('short', [mention(3, 40)])).toEqual([{ text: 'short' }]);
  });
});
