import type { Counter, Metrics } from '../../../core/metrics.js';

/** What an operator sees of the bus. */
export class BusMetrics {
  readonly messagesSent: Counter;
  readonly envelopesSent: Counter;
  readonly bytesSent: Counter;
  readonly messagesReceived: Counter;
  readonly envelopesReceived: Counter;
  readonly bytesReceived: Counter;
  readonly reconnects: Counter;
  readonly dropped: Counter;
  readonly unconfirmed: Counter;
  readonly malformed: Counter;

  constructor(metrics: Metrics) {
    this.messagesSent = metrics.counter('parley_bus_messages_sent_total', 'Messages given to NATS');
    this.envelopesSent = metrics.counter('parley_bus_envelopes_sent_total', 'Envelopes in them');
    this.bytesSent = metrics.counter('parley_bus_bytes_sent_total', 'Bytes of their payloads');
    this.messagesReceived = metrics.counter('parley_bus_messages_received_total', 'Messages that NATS brought');
    this.envelopesReceived = metrics.counter('parley_bus_envelopes_received_total', 'Envelopes in them');
    this.bytesReceived = metrics.counter('parley_bus_bytes_received_total', 'Bytes of their payloads');
    this.reconnects = metrics.counter('parley_bus_reconnects_total', 'Connections to NATS made again');
    this.dropped = metrics.counter('parley_bus_dropped_envelopes_total', 'Envelopes that were taken and never sent');
    this.unconfirmed = metrics.counter(
      'parley_bus_unconfirmed_bytes_total',
      'Bytes sent on connections that broke before NATS confirmed them: some of them may be lost',
    );
    this.malformed = metrics.counter('parley_bus_malformed_total', 'Messages that could not be decoded');
  }
}
