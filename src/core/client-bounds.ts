/**
 * The bounds that the SDK and the web page know beforehand. LIMITS takes its values from here; they stand apart from it so that
 * a browser's bundle holds those that it uses alone.
 */

// what a client may send
export const MESSAGE_BYTES_MAX = 16 * 1024;
export const FRAME_BYTES_MAX = 64 * 1024;
export const CHANNEL_NAME_CHARACTERS_MAX = 80;
export const STATUS_CHARACTERS_MAX = 100;
export const WATCH_PRESENCE_MAX = 200;

// typing: how often it is said, and how long it is shown
export const TYPING_EVERY_MS = 3_000;
export const TYPING_SHOWN_MS = 6_000;

// pages
export const HISTORY_PAGE_MAX = 200;
export const CHANNELS_PAGE_MAX = 200;
export const MEMBERS_PAGE_MAX = 500;
export const RELATIONS_PAGE_MAX = 200;

// accounts
export const USER_ID_CHARACTERS_MIN = 2;
export const USER_ID_CHARACTERS_MAX = 32;
export const DISPLAY_NAME_CHARACTERS_MAX = 64;
export const PASSWORD_CHARACTERS_MIN = 8;
export const PASSWORD_CHARACTERS_MAX = 128;
