const ASCII = /^\p{ASCII}*$/u;
/**
 * Accents and other marks of European scripts, vowel points of Hebrew and Arabic, which most texts leave out. й is a letter of its own.
 * Marks of Thai, Hindi, Japanese … are letters of theirs, and stay.
 */
const ACCENTS = /(?<!и)\u0306|[\u0300-\u0305\u0307-\u036f\u0591-\u05c7\u064b-\u0652]/g;
/** Letters with a stroke, which Unicode takes for no mark, and a sigma that ends a word: as others write them. */
const ALIKE: Readonly<Record<string, string>> = { ł: 'l', ø: 'o', đ: 'd', ħ: 'h', ŧ: 't', ς: 'σ' };
const HAS_ALIKE = /[łøđħŧς]/g;

/**
 * A word as it is compared: compatibility forms made one (NFKC), case folded by Unicode's rules and not by those of any
 * language, accents and vowel points taken off. Equal for what people take for the same word: `Ｐarley`, `PÁRLEY`, `parley`.
 */
export function fold(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase();
  // Upper case first: it makes ß to ss and ı to i. The last sigma of a word is another letter in lower case alone.
  const cased = word.normalize('NFKD').toUpperCase().toLowerCase();
  return cased
    .replace(ACCENTS, '')
    .replace(HAS_ALIKE, (letter) => ALIKE[letter] ?? letter)
    .normalize('NFC');
}
