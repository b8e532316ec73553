/** What actors answer, as proto3 JSON: the same form as in the subprotocol `parley.v1.json`, with empty lists spelled out. */
import { assert } from '../core/errors.js';
import type { ActorAnswer } from '../protocol/bus-messages.js';
import { v1 } from '../protocol/wire.js';

const AS_JSON = { longs: String, enums: String, arrays: true };

/** Asserts that `answer` is of the type that was asked for. */
export function actorJson(answer: ActorAnswer, type: ActorAnswer['type']): object {
  assert(answer.type === type, `an actor answers ${type}, not ${answer.type}`);
  switch (answer.type) {
    case 'channel':
      return v1.ChannelInfo.toObject(v1.ChannelInfo.fromObject(answer.value), AS_JSON);
    case 'channelList':
      return v1.ChannelList.toObject(v1.ChannelList.fromObject(answer.value), AS_JSON);
    case 'memberList':
      return v1.MemberList.toObject(v1.MemberList.fromObject(answer.value), AS_JSON);
    case 'history':
      return v1.HistoryPage.toObject(v1.HistoryPage.fromObject(answer.value), AS_JSON);
    case 'message':
      return v1.Event.toObject(v1.Event.fromObject(answer.value), AS_JSON);
    case 'searchResults':
      return v1.SearchResults.toObject(v1.SearchResults.fromObject(answer.value), AS_JSON);
    default:
      return {};
  }
}
