/** One character that is not shown as itself: a control character, a line break, half a surrogate pair, a mark that turns text around. */
export const UNPRINTABLE = /[\p{Cc}\p{Zl}\p{Zp}\p{Cs}\p{Bidi_Control}]/u;
