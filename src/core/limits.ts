import * as bounds from './client-bounds.js';
import { assert } from './errors.js';
import { LOG_GAP_MAX } from './store.js';

/**
 * The bounds that clients and operators meet, and those that parts share; what bounds one part alone stands beside its use.
 * What the SDK or the web page knows, too, has its value in client-bounds.ts. Relations between them are asserted at the end.
 */
export const LIMITS = {
  // what a client may send
  messageBytesMax: bounds.MESSAGE_BYTES_MAX,
  frameBytesMax: bounds.FRAME_BYTES_MAX,
  clientMessageIdCharactersMax: 64,
  channelNameCharactersMax: bounds.CHANNEL_NAME_CHARACTERS_MAX,
  mentionsMax: 50,
  mentionAllMembersMax: 1_000,
  emojiCharactersMax: 16,
  reactionsMax: 20,
  editsMax: 100,
  reactionsPerMessageMax: 500,
  createMembersMax: 200,
  watchPresenceMax: bounds.WATCH_PRESENCE_MAX,
  statusCharactersMax: bounds.STATUS_CHARACTERS_MAX,
  typingEveryMs: bounds.TYPING_EVERY_MS,
  historyPageMax: bounds.HISTORY_PAGE_MAX,
  historyPageBytesMax: 256 * 1024,
  channelsPageMax: bounds.CHANNELS_PAGE_MAX,
  membersPageMax: bounds.MEMBERS_PAGE_MAX,
  // rates: a token bucket each
  sessionFramesPerSecond: 100,
  sessionFramesBurst: 200,
  addressConnectsPerSecond: 200,
  addressConnectsBurst: 2000,
  unauthenticatedPerAddressMax: 200,
  sessionsPerUserMax: 20,
  // a session at the gateway
  sessionSendBytesMax: 512 * 1024,
  sessionResumeBytesMax: 64 * 1024,
  sessionResumeMs: 30_000,
  helloDeadlineMs: 5_000,
  heartbeatMs: 25_000,
  heartbeatGraceMs: 10_000,
  longPollMs: 25_000,
  // the bus
  envelopeBytesMax: 1_000_000,
  channelsPerFrameMax: 500,
  limitedHeadsMax: 5_000,
  // requests
  requestDeadlineMs: 10_000,
  requestsInFlightPerSessionMax: 256,
  // operators
  operationsDeadlineMs: 2_000,
  operationsPageMax: 500,
  noticeCharactersMax: 1_000,
  noticeMsMax: 7 * 24 * 3600 * 1000,
  verifyPageRows: 256,
  verifyPositionsPerSecond: 5_000,
  verifyPositionsPerSecondMax: 100_000,
  verifyBreachesMax: 1_000,
  auditKeepMs: 365 * 24 * 3600 * 1000,
  // traces: what clients may ask for, and what a process keeps
  tracesAskedPerSecond: 10,
  tracesAskedBurst: 50,
  spansKeptMax: 4_096,
  stepsAnsweredMax: 1_000,
  tracedRecipientsMax: 32,
  tracedDeliveriesMax: 1_024,
  // actors
  mailboxMessagesMax: 1024,
  activationsInFlightMax: 256,
  openPositionsMax: 256,
  channelIdleMs: 60_000,
  userIdleMs: 60_000,
  // channels
  inboxTierMembersMax: 500,
  inboxTierMembersReturn: 400,
  channelMembersMax: 100_000,
  recentEventsMax: 200,
  recentBytesMax: 256 * 1024,
  recentTotalBytesMax: 64 * 1024 * 1024,
  dedupReachBackMax: 10_000,
  checkpointEvery: 200,
  unsettledSendsMax: 64,
  // users
  unreadCountMax: 100,
  mentionsKeptMax: 100,
  erasuresWaitingMax: 1_000,
  inboxKeepMs: 30 * 24 * 3600 * 1000,
  presenceGraceMs: 30_000,
  sessionLeaseMs: 90_000,
  presenceWatchLeaseMs: 90_000,
  presenceBatchMs: 1_000,
  typingShownMs: bounds.TYPING_SHOWN_MS,
  deliveryPageItems: 100,
  deliveryPageBytesMax: 128 * 1024,
  // push
  pushDelayMs: 5_000,
  pushRecoveredDelayMs: 10_000,
  pushAskAgainMs: 10_000,
  pushKeepMs: 6 * 3600 * 1000,
  pushWaitingPerChannelMax: 100,
  pushPreviewCharacters: 200,
  pushJobsMax: 10_000,
  pushSendsAtOnceMax: 64,
  pushSendsPerServiceMax: 32,
  pushSendsPerHostMax: 8,
  pushSendsPerUserMax: 8,
  pushDeadlineMs: 10_000,
  pushRetryMs: 3600 * 1000,
  pushAddressCharactersMax: 2_048,
  // search
  searchQueryBytesMax: 4 * 1024,
  searchWordsMax: 32,
  searchHighlightsMax: 100,
  searchPageMax: 50,
  searchesPerSecond: 5,
  searchesBurst: 20,
  searchesInFlightPerUserMax: 4,
  searchChannelsAtOnce: 8,
  searchEventsReadMax: 2_000,
  searchBlocksReadMax: 1_000,
  searchTakenBackMax: 2_000,
  // directory
  displayNameCharactersMax: bounds.DISPLAY_NAME_CHARACTERS_MAX,
  passwordCharactersMin: bounds.PASSWORD_CHARACTERS_MIN,
  passwordCharactersMax: bounds.PASSWORD_CHARACTERS_MAX,
  deviceNameCharactersMax: 64,
  devicesMax: 50,
  relationsMax: 2000,
  relationsPageMax: bounds.RELATIONS_PAGE_MAX,
  peoplePageMax: 50,
  channelSettingsMax: 2000,
  bulkAccountsMax: 10_000,
  directoryCallsWaitingMax: 2048,
  directoryDeadlineMs: 5_000,
  passwordsWaitingMax: 64,
  accessTokenMs: 10 * 60 * 1000,
  refreshTokenMs: 60 * 24 * 3600 * 1000,
  refreshRetryMs: 120_000,
} as const;

assert(
  LIMITS.messageBytesMax * 3 < LIMITS.frameBytesMax,
  'a message of the largest size fits a JSON frame with escapes',
);
assert(LIMITS.inboxTierMembersReturn < LIMITS.inboxTierMembersMax, 'the change of tier has hysteresis');
assert(LIMITS.unsettledSendsMax < LIMITS.openPositionsMax, 'one device cannot fill the open positions');
assert(LIMITS.openPositionsMax < LOG_GAP_MAX, 'no gap of a log is wider than a reader looks');
assert(LIMITS.deliveryPageBytesMax < LIMITS.sessionSendBytesMax, 'a page fits the budget of a session');
assert(LIMITS.sessionsPerUserMax < LIMITS.devicesMax, 'a device with a session is not evicted to make room');
assert(LIMITS.typingEveryMs < LIMITS.typingShownMs, 'who goes on typing is shown without a break');
assert(LIMITS.longPollMs <= 25_000, 'a poll ends before proxies lose patience');
assert(
  LIMITS.historyPageBytesMax * 3 < 2 * LIMITS.sessionSendBytesMax,
  'a page of history fits what a socket takes, as JSON with escapes',
);
/** More than one row of a list has, whatever its texts are. */
const ROW_BYTES_MAX = 2 * 1024;
const HEAD_BYTES_MAX = 128;
const largestEnvelopeBytes =
  LIMITS.messageBytesMax +
  Math.max(
    LIMITS.historyPageBytesMax,
    LIMITS.reactionsPerMessageMax * HEAD_BYTES_MAX,
    LIMITS.deliveryPageBytesMax + LIMITS.limitedHeadsMax * HEAD_BYTES_MAX,
    LIMITS.channelsPageMax * ROW_BYTES_MAX,
    LIMITS.membersPageMax * HEAD_BYTES_MAX,
    LIMITS.createMembersMax * HEAD_BYTES_MAX,
    LIMITS.frameBytesMax,
  );
assert(largestEnvelopeBytes < LIMITS.envelopeBytesMax, 'whatever is said fits one envelope');
assert(LIMITS.envelopeBytesMax < 1024 * 1024, "an envelope fits NATS's usual max_payload");
