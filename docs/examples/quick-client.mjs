// A small whole client of Parley's JSON subprotocol, without an SDK; docs/PROTOCOL.md says why each line is there.
//   node quick-client.mjs http://127.0.0.1:8080 alice 'a long password' bob
// Logs in (or signs up), prints every message that comes, and sends each line of its input to bob.
import { createInterface } from 'node:readline';

const WebSocket = globalThis.WebSocket ?? (await import('ws')).WebSocket; // Node has one of its own from version 22 on
const [origin, userId, password, peer] = process.argv.slice(2);
const direct = [userId, peer].sort().join('~');
const last = new Map(); // channel → the seq printed last
const wanted = new Map(); // channel → the seq that history must be read up to
const filling = new Set(); // channels whose history is being read
const outbox = []; // not settled; one is under way at a time, so that no `after` is needed
const answered = new Map(); // request id → what its answer does
let session, socket, cursor, heardAt, timers, head = 0, requestId = 0, attempts = 0, ready = false, closing = false;

async function logIn() {
  if (session?.accessTokenExpiresAt > Date.now() + 30_000) return;
  const body = JSON.stringify({ userId, password, deviceId: session?.deviceId });
  const post = (path) => fetch(origin + path, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
  let answer = await post('/v1/sessions');
  if (answer.status === 401) answer = await post('/v1/accounts');
  if (!answer.ok) throw new Error((await answer.json()).error.sentence);
  session = await answer.json();
}

const write = (frame) => socket.readyState === 1 && socket.send(JSON.stringify(frame));
const ask = (body, then) => answered.set(++requestId, then) && write({ requestId, ...body });

function take(event) {
  const { channelId, seq } = event;
  if (!last.has(channelId)) last.set(channelId, seq - 1); // the first that comes: what was before is history
  if (seq <= last.get(channelId)) return; // a copy
  if (seq > last.get(channelId) + 1) return fill(channelId, seq); // history brings this one, too
  last.set(channelId, seq);
  if (event.message) console.log(`${event.from}: ${event.message.text}`);
}

function fill(channelId, upTo) {
  wanted.set(channelId, Math.max(upTo, wanted.get(channelId) ?? 0));
  if (filling.has(channelId) || last.get(channelId) >= upTo) return;
  filling.add(channelId);
  ask({ readHistory: { channelId, afterSeq: last.get(channelId), limit: 200 } }, ({ history, error }) => {
    filling.delete(channelId);
    for (const event of history?.events ?? []) take(event);
    if (error?.retry === 'NEVER') last.set(channelId, wanted.get(channelId)); // no member any more
    setTimeout(fill, error ? 1000 : 0, channelId, wanted.get(channelId));
  });
}

function pump() {
  const [message] = outbox;
  if (!ready || message === undefined || message.underWay) return;
  message.underWay = setTimeout(again, 15_000, message, 0); // no answer: the same once more
  message.base ??= Math.max(head, last.get(direct) ?? 0); // the same on every attempt
  const { id: clientMessageId, base, text } = message;
  ask({ send: { channelId: direct, clientMessageId, base, message: { text } } }, ({ sendAck, error }) => {
    if (outbox[0] !== message) return; // the answer to an earlier attempt
    if (error && error.retry !== 'NEVER') return again(message, error.retryAfterMs || 1000);
    if (error) console.error(`not sent: ${text}: ${error.sentence}`);
    clearTimeout(outbox.shift().underWay);
    if (sendAck) take({ ...sendAck, from: userId, message: { text } });
    pump();
  });
}
function again(message, delayMs) {
  clearTimeout(message.underWay);
  message.underWay = setTimeout(() => {
    message.underWay = undefined;
    pump();
  }, delayMs);
}

function receive(frame) {
  heardAt = Date.now();
  answered.get(frame.requestId)?.(frame);
  answered.delete(frame.requestId);
  for (const item of frame.deliveries?.items ?? []) {
    if (item.event) take(item.event);
    cursor = item.cursor;
  }
  for (const event of frame.fanout?.events ?? []) take(event);
  if (frame.fanout && last.has(frame.fanout.channelId)) fill(frame.fanout.channelId, frame.fanout.head);
  for (const { channelId, seq } of frame.limited?.heads ?? []) last.has(channelId) ? fill(channelId, seq) : last.set(channelId, seq);
  if (frame.limited && !frame.limited.more) cursor = frame.limited.cursor;
}

function welcome({ welcome, error }) {
  if (!welcome) return console.error(error.sentence); // a close follows, and its code says what to do
  ({ cursor } = welcome);
  attempts = 0;
  const beat = () => (Date.now() - heardAt > 2 * welcome.heartbeatMs ? socket.close() : write({ heartbeat: { cursor } }));
  const first = setTimeout(beat, Math.random() * welcome.heartbeatMs);
  let acknowledged;
  const acknowledge = () => cursor !== acknowledged && write({ acknowledge: { cursor: (acknowledged = cursor) } });
  timers = [first, setInterval(beat, welcome.heartbeatMs), setInterval(acknowledge, 1000)];
  for (const [channelId, seq] of wanted) fill(channelId, seq);
  ask({ getChannel: { channelId: direct } }, ({ channel }) => {
    head = channel?.head ?? head; // there is none before the first message
    ready = true;
    pump();
  });
  console.error(`connected as ${userId}`);
}

async function connect() {
  await logIn();
  socket = new WebSocket(session.gateways[attempts % session.gateways.length], ['parley.v1.json']);
  heardAt = Date.now();
  socket.onopen = () => ask({ hello: { token: session.accessToken, cursor, clientName: 'quick-client' } }, welcome);
  socket.onmessage = ({ data }) => receive(JSON.parse(data));
  socket.onerror = () => undefined; // a close follows
  socket.onclose = ({ code }) => {
    for (const timer of timers?.splice(0) ?? []) clearInterval(timer);
    ready = false;
    answered.clear();
    filling.clear();
    for (const message of outbox) message.underWay = void clearTimeout(message.underWay);
    if (closing || (code >= 4000 && code < 4100)) return;
    const now = code >= 4200 && code < 4300 && attempts === 0;
    setTimeout(reconnect, now ? 0 : Math.random() * Math.min(30_000, 500 * 2 ** attempts++));
  };
}
const reconnect = () => connect().catch(() => setTimeout(reconnect, Math.random() * Math.min(30_000, 500 * 2 ** attempts++)));

await connect();
for await (const text of createInterface(process.stdin)) {
  outbox.push({ id: crypto.randomUUID(), text });
  pump();
}
while (outbox.length > 0) await new Promise((resolve) => setTimeout(resolve, 100));
closing = true;
socket.close();
