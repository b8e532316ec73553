import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ParleyError } from '../core/errors.js';
import { matchText, parseQuery } from './query.js';
import { termsOf, tokensOf } from './tokens.js';

function found(words: string, text: string): string[] | undefined {
  return matchText(parseQuery(words), text)?.map(({ start, length }) => text.slice(start, start + length));
}

describe('words', () => {
  it('are found whatever their case, accents and width', () => {
    expect(found('PARLEY', 'Ｐarley is here')).toEqual(['Ｐarley']);
    expect(found('creme brulee', 'une crème brûlée')).toEqual(['crème', 'brûlée']);
    expect(found('strasse', 'die Straße')).toEqual(['Straße']);
    expect(found('ΣΙΣΥΦΟΣ', 'ο Σίσυφος')).toEqual(['Σίσυφος']);
    expect(found('istanbul', 'İSTANBUL')).toEqual(['İSTANBUL']);
  });

  it('are found with and without strokes and vowel points; letters of their own are not taken for others', () => {
    expect(found('lodz', 'do Łodzi, Łódź')).toEqual(['Łodzi', 'Łódź']);
    expect(found('Łódź', 'lodz')).toEqual(['lodz']);
    expect(found('oslo', 'Øslo')).toEqual(['Øslo']);
    expect(found('dakovo', 'u Đakovo')).toEqual(['Đakovo']);
    expect(found('hal', 'Ħal')).toEqual(['Ħal']);
    expect(found('sapmi', 'Sápmi, Ŧ')).toEqual(['Sápmi']);
    expect(found('t ', 'Sápmi, Ŧ')).toEqual(['Ŧ']);
    expect(found('محمد', 'قال مُحَمَّد لنا')).toEqual(['مُحَمَّد']);
    expect(found('مُحَمَّد', 'محمد')).toEqual(['محمد']);
    expect(found('עברית', 'אני לומד עִבְרִית.')).toEqual(['עִבְרִית']);
    expect(found('мой ', 'это мои')).toBeUndefined();
    expect(found('мой ', 'это мои\u0306 и мо\u0301й')).toEqual(['мои\u0306', 'мо\u0301й']);
    expect(found('ещё ', 'еще')).toEqual(['еще']);
  });

  it('must all be there, in any order; the last may be a beginning', () => {
    expect(found('tomorrow mee', 'we meet tomorrow')).toEqual(['meet', 'tomorrow']);
    expect(found('tomorrow mee ', 'we meet tomorrow')).toBeUndefined();
    expect(found('mee tomorrow', 'we meet tomorrow')).toBeUndefined();
    expect(found('tomorrow never', 'we meet tomorrow')).toBeUndefined();
  });

  it('are found in Chinese, wherever they stand', () => {
    expect(found('大学', '我在北京大学学习')).toEqual(['大学']);
    expect(found('北京大学', '我在北京大学学习')).toEqual(['北京大学']);
    expect(found('京大', '我在北京大学学习')).toEqual(['京大']);
    expect(found('学北', '我在北京大学学习')).toBeUndefined();
    expect(found('北大', '我在北京大学学习')).toBeUndefined();
    expect(found('习', '我在北京大学学习')).toEqual(['习']);
    expect(found('学', '学')).toEqual(['学']);
  });

  it('are found in Japanese, in all its scripts and both widths', () => {
    expect(found('会議', '明日の会議は東京です')).toEqual(['会議']);
    expect(found('の会', '明日の会議は東京です')).toEqual(['の会']);
    expect(found('データ', 'ﾃﾞｰﾀを送ります')).toEqual(['ﾃﾞｰﾀ']);
    expect(found('がく', '文か\u3099く')).toEqual(['か\u3099く']);
  });

  it('are found in Korean, whatever hangs on them', () => {
    expect(found('학교', '오늘 학교에서 만나요')).toEqual(['학교']);
    expect(found('만나', '오늘 학교에서 만나요')).toEqual(['만나']);
    expect(found('학교', '오늘 학교에서'.normalize('NFD'))?.[0]?.normalize('NFC')).toBe('학교');
    expect(found('교오', '학교 오늘')).toBeUndefined();
  });

  it('are found in Thai by its dictionary', () => {
    expect(found('ประชุม', 'พรุ่งนี้มีประชุมที่กรุงเทพ')).toEqual(['ประชุม']);
    expect(found('กรุงเทพ', 'พรุ่งนี้มีประชุมที่กรุงเทพ')).toEqual(['กรุงเทพ']);
    expect(found('พรุ่งนี้ ประชุม', 'พรุ่งนี้มีประชุมที่กรุงเทพ')).toEqual(['พรุ่งนี้', 'ประชุม']);
    expect(tokensOf('พรุ่งนี้มีประชุม').length).toBeGreaterThan(2);
  });

  it('are emoji, too, in whatever variant', () => {
    expect(found('👍', 'ok👍🏽!')).toEqual(['👍']);
    expect(found('❤️', 'all my ❤ to you')).toEqual(['❤']);
    expect(found('❤', 'all my ❤️ to you')).toEqual(['❤']);
    expect(found('❤️', 'the weather 🌦️')).toBeUndefined();
    expect(tokensOf('\ufe0f')).toEqual([]);
    expect(found('🇩🇪', 'go 🇫🇷🇩🇪!')).toEqual(['🇩🇪']);
    expect(found('🇷🇩', 'go 🇫🇷🇩🇪!')).toBeUndefined();
  });

  it('of several scripts stand in one text', () => {
    expect(found('iphone 手机', '我的iPhone手机坏了')).toEqual(['iPhone手机']);
  });

  it('are few: a thousand of them are refused', () => {
    expect(() => parseQuery(Array.from({ length: 1000 }, (_, i) => `w${i}`).join(' '))).toThrow(ParleyError);
  });
});

describe('the terms of a text', () => {
  it('are those of its tokens', () => {
    const letters = fc.constantFrom(...'aZ09 _-.:@[`{/', 'é', 'İ', 'K', '京', 'ไ', 'ß');
    const text = fc.oneof(fc.string({ unit: letters, maxLength: 200 }), fc.string({ unit: 'grapheme' }), fc.string());
    fc.assert(
      fc.property(text, (said) => {
        expect(termsOf(said)).toEqual(tokensOf(said).map(({ term }) => term));
      }),
    );
    expect(termsOf(`See ${'X'.repeat(70)}.`)).toEqual(['see', 'x'.repeat(64)]);
  });
});
