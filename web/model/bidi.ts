/** Text of either direction within a sentence of the page's own. */

const RIGHT_TO_LEFT =
  /[\p{Script=Hebrew}\p{Script=Arabic}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}\p{Script=Adlam}\u200f\u202b\u202e]/u;

/** As `<bdi>` does for elements: between U+2068 and U+2069 it does not turn what stands around it. As it is where it would not. */
export function isolated(text: string): string {
  return RIGHT_TO_LEFT.test(text) ? `\u2068${text}\u2069` : text;
}
