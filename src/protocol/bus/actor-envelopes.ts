/** Envelopes to the owner of an actor. */
import { unreachable } from '../../core/errors.js';
import type { ActorId } from '../../core/ids.js';
import { parseMessageId } from '../../core/message-id.js';
import type { ActorEnvelope, Notice, Question } from '../bus-messages.js';
import { v1 } from '../wire.js';
import {
  type bus,
  callerOf,
  cursorOf,
  encodeHidden,
  encodeRequestBody,
  eventOf,
  hiddenOf,
  optionalCursor,
  requestBodyOf,
} from './parts.js';

interface Revocation {
  readonly deviceId: string | undefined;
  readonly atMs: number;
}

export function encodeActorEnvelope(envelope: ActorEnvelope): bus.IEnvelope {
  if (envelope.type === 'tell') {
    const { actor, onlyIfActive, notice } = envelope;
    return { tell: { actor, onlyIfActive, ...encodeNotice(notice) } };
  }
  const { actor, replyTo, correlation, budgetMs, question } = envelope;
  return { ask: { actor, replyTo, correlation, budgetMs, ...encodeQuestion(question) } };
}

function encodeQuestion(question: Question): bus.IAsk {
  switch (question.type) {
    case 'request': {
      const hidden = question.hidden === undefined ? {} : { hidden: encodeHidden(question.hidden) };
      return { request: { caller: question.caller, frame: encodeRequestBody(question.body), ...hidden } };
    }
    case 'session_open': {
      const { caller, gateway, visible, cursor } = question;
      return { sessionOpen: { caller, gateway, visible, ...(cursor && { cursor }) } };
    }
    case 'inbox_read': {
      const { caller, limit, cursor } = question;
      return { inboxRead: { caller, limit, ...(cursor && { cursor }) } };
    }
    case 'erase_message':
      return { eraseMessage: { messageId: question.messageId.toString() } };
    case 'read_log':
      return { readLog: { fromSeq: question.fromSeq, owedTo: question.owedTo } };
    case 'message_wanted':
      return { messageWanted: { seq: question.seq } };
    case 'erase_copies':
      return { eraseCopies: { channelId: question.channelId, seqs: [...question.seqs] } };
    case 'revoke':
      return { revoke: encodeRevoked(question) };
    case 'forget':
      return { forget: {} };
    case 'member_deleted':
      return { memberDeleted: { userId: question.userId } };
    default:
      return unreachable(question);
  }
}

function encodeNotice(notice: Notice): bus.ITell {
  switch (notice.type) {
    case 'session_close':
      return { sessionClose: { sessionId: notice.sessionId } };
    case 'session_confirm':
      return { sessionConfirm: encodeConfirmation(notice) };
    case 'deliver': {
      const { channelId, previousSeq, event, senderSession } = notice;
      event.looked(); // whoever gets it looks at a copy
      return { deliver: { channelId, previousSeq, senderSession, event: event.bytes } };
    }
    case 'receipts': {
      const { channelId, items } = notice;
      return { receipts: v1.Receipts.encode({ channelId, items: [...items] }).finish() };
    }
    case 'presence_watch':
      return { presenceWatch: { watcher: notice.watcher, leaseMs: notice.leaseMs, renews: notice.renews } };
    case 'presence':
      return { presence: v1.Presence.encode(notice.presence).finish() };
    case 'typing':
      return { typing: { channelId: notice.channelId, userId: notice.userId, stopped: notice.stopped } };
    case 'directory_changed':
      return { directoryChanged: {} };
    case 'revoked':
      return { revoked: encodeRevoked(notice) };
    case 'push_done':
      return { pushDone: { channelId: notice.channelId, seq: notice.seq, read: notice.job === 'read' } };
    case 'confirm':
      return { confirm: { userId: notice.userId, seq: notice.seq, lacking: notice.lacking } };
    case 'member_cursor': {
      const { userId, deliveredSeq, readSeq } = notice;
      return { memberCursor: { userId, deliveredSeq, readSeq } };
    }
    case 'publish_head':
      return { publishHead: {} };
    case 'read_wanted':
      return { readWanted: { channelId: notice.channelId } };
    case 'head_wanted':
      return { headWanted: { userId: notice.userId } };
    case 'channel_head': {
      const { channelId, head, name, lastMessage } = notice;
      return { channelHead: { channelId, head, name, ...(lastMessage && { lastMessage: lastMessage.bytes }) } };
    }
    case 'authored': {
      const { channelId, seq, isMessage, senderSession } = notice;
      return { authored: { channelId, seq, message: isMessage, senderSession } };
    }
    default:
      return unreachable(notice);
  }
}

const encodeRevoked = ({ deviceId, atMs }: Revocation): bus.IRevoked => ({
  atMs,
  ...(deviceId === undefined ? {} : { deviceId }),
});

function encodeConfirmation(notice: Extract<Notice, { type: 'session_confirm' }>): bus.ISessionConfirm {
  const { confirmation, caller, gateway, visible } = notice;
  const { sessionId, put, acknowledged, lacking, idle, following } = confirmation;
  return {
    sessionId,
    put,
    ...(acknowledged && { acknowledged }),
    ...(lacking === undefined ? {} : { lacking }),
    ...(idle === undefined ? {} : { idle }),
    ...(following === undefined ? {} : { following }),
    caller,
    gateway,
    visible,
  };
}

// ---- and back: undefined for what is of a later version ---------------------------------------------------------------

export function askOf(ask: bus.Ask): ActorEnvelope | undefined {
  const question = questionOf(ask);
  if (question === undefined) return undefined;
  const { replyTo, correlation, budgetMs } = ask;
  return { type: 'ask', actor: ask.actor as ActorId, question, replyTo, correlation, budgetMs };
}

function questionOf(ask: bus.Ask): Question | undefined {
  switch (ask.question) {
    case 'request': {
      const { caller, frame, hidden } = ask.request as bus.Request;
      const body = requestBodyOf(frame);
      if (body === undefined) return undefined;
      return { type: 'request', caller: callerOf(caller), body, ...(hidden && { hidden: hiddenOf(hidden) }) };
    }
    case 'sessionOpen': {
      const { caller, gateway, cursor, visible } = ask.sessionOpen as bus.SessionOpen;
      return { type: 'session_open', caller: callerOf(caller), gateway, cursor: optionalCursor(cursor), visible };
    }
    case 'inboxRead': {
      const { caller, cursor, limit } = ask.inboxRead as bus.InboxRead;
      return { type: 'inbox_read', caller: callerOf(caller), cursor: optionalCursor(cursor), limit };
    }
    case 'eraseMessage': {
      const messageId = parseMessageId(ask.eraseMessage?.messageId ?? '');
      return messageId && { type: 'erase_message', messageId };
    }
    case 'readLog': {
      const { fromSeq, owedTo } = ask.readLog as bus.ReadLog;
      return { type: 'read_log', fromSeq, owedTo };
    }
    case 'messageWanted':
      return { type: 'message_wanted', seq: ask.messageWanted?.seq ?? 0 };
    case 'eraseCopies': {
      const { channelId, seqs } = ask.eraseCopies as bus.EraseCopies;
      return { type: 'erase_copies', channelId, seqs };
    }
    case 'revoke':
      return { type: 'revoke', ...revocationOf(ask.revoke) };
    case 'forget':
      return { type: 'forget' };
    case 'memberDeleted':
      return { type: 'member_deleted', userId: ask.memberDeleted?.userId ?? '' };
    default:
      return undefined;
  }
}

const revocationOf = (revoked: bus.IRevoked | null | undefined): Revocation => ({
  deviceId: revoked?.deviceId ?? undefined,
  atMs: revoked?.atMs ?? 0,
});

export function tellOf(tell: bus.Tell): ActorEnvelope | undefined {
  const notice = noticeOf(tell);
  if (notice === undefined) return undefined;
  return { type: 'tell', actor: tell.actor as ActorId, notice, onlyIfActive: tell.onlyIfActive };
}

function noticeOf(tell: bus.Tell): Notice | undefined {
  switch (tell.notice) {
    case 'sessionClose':
      return { type: 'session_close', sessionId: tell.sessionClose?.sessionId ?? '' };
    case 'sessionConfirm':
      return confirmationOf(tell.sessionConfirm as bus.SessionConfirm);
    case 'deliver': {
      const { channelId, previousSeq, event, senderSession } = tell.deliver as bus.Deliver;
      return { type: 'deliver', channelId, previousSeq, event: eventOf(event), senderSession };
    }
    case 'receipts': {
      const { channelId, items } = v1.Receipts.decode(tell.receipts ?? new Uint8Array(0));
      return { type: 'receipts', channelId, items };
    }
    case 'presenceWatch': {
      const { watcher, leaseMs, renews } = tell.presenceWatch as bus.PresenceWatch;
      return { type: 'presence_watch', watcher, leaseMs, renews };
    }
    case 'presence':
      return { type: 'presence', presence: v1.Presence.decode(tell.presence ?? new Uint8Array(0)) };
    case 'typing': {
      const { channelId, userId, stopped } = tell.typing as bus.Typing;
      return { type: 'typing', channelId, userId, stopped };
    }
    case 'directoryChanged':
      return { type: 'directory_changed' };
    case 'revoked':
      return { type: 'revoked', ...revocationOf(tell.revoked) };
    case 'pushDone': {
      const { channelId, seq, read } = tell.pushDone as bus.PushDone;
      return { type: 'push_done', channelId, seq, job: read ? 'read' : 'message' };
    }
    case 'confirm': {
      const { userId, seq, lacking } = tell.confirm as bus.Confirm;
      return { type: 'confirm', userId, seq, lacking };
    }
    case 'memberCursor': {
      const { userId, deliveredSeq, readSeq } = tell.memberCursor as bus.MemberCursor;
      return { type: 'member_cursor', userId, deliveredSeq, readSeq };
    }
    case 'publishHead':
      return { type: 'publish_head' };
    case 'readWanted':
      return { type: 'read_wanted', channelId: tell.readWanted?.channelId ?? '' };
    case 'headWanted':
      return { type: 'head_wanted', userId: tell.headWanted?.userId ?? '' };
    case 'channelHead': {
      const { channelId, head, name, lastMessage } = tell.channelHead as bus.ChannelHead;
      return {
        type: 'channel_head',
        channelId,
        head,
        name,
        lastMessage: lastMessage ? eventOf(lastMessage) : undefined,
      };
    }
    case 'authored': {
      const { channelId, seq, message, senderSession } = tell.authored as bus.Authored;
      return { type: 'authored', channelId, seq, isMessage: message, senderSession };
    }
    default:
      return undefined;
  }
}

function confirmationOf(confirm: bus.SessionConfirm): Notice {
  const { sessionId, put, acknowledged, lacking, idle, following, caller, gateway, visible } = confirm;
  const confirmation = {
    sessionId,
    put: cursorOf(put),
    acknowledged: optionalCursor(acknowledged),
    ...(typeof lacking === 'boolean' ? { lacking } : {}),
    ...(typeof idle === 'boolean' ? { idle } : {}),
    ...(typeof following === 'number' ? { following } : {}),
  };
  return { type: 'session_confirm', confirmation, caller: callerOf(caller), gateway, visible };
}
