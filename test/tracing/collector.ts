/** An OpenTelemetry collector of our own: takes traces by OTLP over HTTP, in JSON, and keeps their spans. */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface Attribute {
  readonly key: string;
  readonly value: { readonly stringValue?: string; readonly intValue?: number | string };
}

interface OtlpSpan {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly kind: number;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes?: readonly Attribute[];
}

interface OtlpRequest {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: readonly Attribute[] };
    readonly scopeSpans: readonly { readonly spans: readonly OtlpSpan[] }[];
  }[];
}

export interface CollectedSpan extends Pick<OtlpSpan, 'traceId' | 'spanId' | 'name' | 'kind'> {
  readonly parentSpanId: string;
  readonly durationNs: bigint;
  readonly attributes: Readonly<Record<string, unknown>>;
  readonly resource: Readonly<Record<string, unknown>>;
}

const valuesOf = (attributes: readonly Attribute[]): Record<string, unknown> =>
  Object.fromEntries(attributes.map(({ key, value }) => [key, value.stringValue ?? Number(value.intValue)]));

export class Collector {
  readonly spans: CollectedSpan[] = [];
  /** As it came, for what must not be in it. */
  text = '';
  readonly url: string;
  private readonly server: Server;

  private constructor(server: Server) {
    this.server = server;
    this.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    server.on('request', (request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const wanted = request.method === 'POST' && request.url === '/v1/traces';
        if (wanted) this.take(Buffer.concat(chunks).toString());
        response.writeHead(wanted ? 200 : 404, { 'content-type': 'application/json' }).end('{}');
      });
    });
  }

  static async start(): Promise<Collector> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new Collector(server);
  }

  close(): void {
    this.server.close();
    this.server.closeAllConnections();
  }

  /** The names from the trace's first span down to this one; `(id)` is a parent that was not sent here. */
  wayOf(span: CollectedSpan): string {
    const parent = this.spans.find(({ spanId, traceId }) => spanId === span.parentSpanId && traceId === span.traceId);
    return `${parent === undefined ? `(${span.parentSpanId})` : this.wayOf(parent)} ${span.name}`;
  }

  private take(text: string): void {
    this.text += text;
    for (const { resource, scopeSpans } of (JSON.parse(text) as OtlpRequest).resourceSpans) {
      for (const span of scopeSpans.flatMap(({ spans }) => spans)) {
        const { traceId, spanId, name, kind, parentSpanId = '', attributes = [] } = span;
        const durationNs = BigInt(span.endTimeUnixNano) - BigInt(span.startTimeUnixNano);
        const known = { traceId, spanId, parentSpanId, name, kind, durationNs };
        this.spans.push({ ...known, attributes: valuesOf(attributes), resource: valuesOf(resource.attributes) });
      }
    }
  }
}
