import type { ServerFrame } from '../../protocol/frames.js';
import { serverCodec } from '../../protocol/strict-codec.js';
import type { v1 } from '../../protocol/wire.js';
import { cursorText } from './cursor-text.js';

const json = serverCodec('parley.v1.json');

/** Where the inbox stands after a frame; undefined when the frame does not move it. */
function cursorAfter({ body }: ServerFrame): v1.ICursor | undefined {
  if (body.type === 'deliveries') return body.value.at(-1)?.cursor;
  if (body.type === 'limited' && !body.value.more) return body.value.cursor ?? undefined;
  return body.type === 'welcome' ? (body.value.cursor ?? undefined) : undefined;
}

/** A frame as a server-sent event; its id, where it has one, is the cursor to come back with. */
export function encodeEvent(frame: ServerFrame): string {
  const cursor = cursorAfter(frame);
  const id = cursor === undefined ? '' : `id: ${cursorText(cursor)}\n`;
  return `${id}data: ${json.encode(frame)}\n\n`;
}
