/** Opens sockets and counts what comes: `readers.js port count`, forked by fan-out.ts. */
import { LoadWebSocket } from '../../load/transport/websocket.js';

const REPORT_MS = 2;
const [port = '0', count = '0'] = process.argv.slice(2);
let received = 0;
let reported = -1;

for (let index = 0; index < Number(count); index++)
  await LoadWebSocket.open(
    { port: Number(port), path: '/', subprotocol: undefined, fromAddress: undefined },
    { onMessage: () => void received++, onClose: () => process.exit(0) },
  );
setInterval(() => {
  if (received === reported) return;
  reported = received;
  process.send?.(received);
}, REPORT_MS);
process.on('disconnect', () => process.exit(0));
