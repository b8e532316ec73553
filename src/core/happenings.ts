/** What happens in a process that operators want to hear of at once. */
export const HAPPENING_TYPES = ['actor_crashed', 'fenced', 'slow_reader', 'audit'] as const;
export type HappeningType = (typeof HAPPENING_TYPES)[number];

/**
 * Tells operators who listen; costs nothing to wait for, and may be lost. `subject`: whom or what it is about; `text`: one
 * sentence, never of what people wrote.
 */
export type TellHappening = (type: HappeningType, subject: string, text: string) => void;
