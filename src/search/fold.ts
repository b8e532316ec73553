const ASCII = /^\p{ASCII}*$/u;
/** Accents and other marks of European scripts. Marks of Thai, Hindi, Japanese … are letters of theirs, and stay. */
const ACCENTS = /[\u0300-\u036f]/g;

/**
 * A word as it is compared: compatibility forms made one (NFKC), case folded by Unicode's rules and not by those of any
 * language, accents taken off. Equal for what people take for the same word: `Ｐarley`, `PÁRLEY`, `parley`.
 */
export function fold(word: string): string {
  if (ASCII.test(word)) return word.toLowerCase();
  // Upper case first: it makes ß to ss and ı to i. The last sigma of a word is another letter in lower case alone.
  const cased = word.normalize('NFKD').toUpperCase().toLowerCase();
  return cased.replace(ACCENTS, '').replaceAll('ς', 'σ').normalize('NFC');
}
