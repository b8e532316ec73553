/** How long a name or a status may be. The server counts code points; `maxlength` of HTML counts an emoji twice and more. */

/** What to say of a text that is too long; empty: it fits. */
export function lengthComplaint(text: string, charactersMax: number): string {
  const characters = [...text.trim()].length;
  return characters <= charactersMax ? '' : `At most ${charactersMax} characters, please: this has ${characters}.`;
}

/** For `onInput`: the field's form says so, and is not submitted, while the text is too long. */
export function holdTo(charactersMax: number, field: Pick<HTMLInputElement, 'value' | 'setCustomValidity'>): void {
  field.setCustomValidity(lengthComplaint(field.value, charactersMax));
}
