import { describe, expect, it } from 'vitest';
import { snippetOf } from './snippet.js';

const shown = (text: string, ...words: string[]): string => {
  const highlights = words.map((word) => ({ start: text.indexOf(word), length: word.length }));
  return snippetOf(text, highlights)
    .map((part) => (part.found ? `[${part.text}]` : part.text))
    .join('');
};

describe('a snippet', () => {
  it('marks every word that was found', () => {
    expect(shown('more tea, please', 'tea', 'please')).toBe('more [tea], [please]');
    expect(shown('東京都の天気', '東京')).toBe('[東京]都の天気');
    expect(shown('tea', 'tea')).toBe('[tea]');
  });

  it('begins a little before the first word of a long text, and ends soon', () => {
    const text = `${'a'.repeat(500)} tea ${'b'.repeat(500)}`;
    const parts = snippetOf(text, [{ start: 501, length: 3 }]);
    expect(parts[0]).toEqual({ text: '…', found: false });
    expect(parts.find((part) => part.found)?.text).toBe('tea');
    expect(parts.at(-1)).toEqual({ text: '…', found: false });
    expect(parts.map((part) => part.text).join('').length).toBeLessThan(210);
  });

  it('cuts no character in two', () => {
    const text = `${'🙂'.repeat(300)}tea${'🙂'.repeat(300)}`;
    const line = shown(text, 'tea');
    expect(line).toContain('[tea]');
    for (const whole of [line, shown(`x${text}`, 'tea')]) expect(() => encodeURIComponent(whole)).not.toThrow();
  });

  it('of what was found by its sender alone is the beginning', () => {
    expect(snippetOf('hello', [])).toEqual([{ text: 'hello', found: false }]);
  });
});
