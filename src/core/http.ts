/** An HTTP exchange without a socket: how a gateway that owns the port hands other paths to the API in its process. */
export interface HttpRequest {
  readonly method: string;
  /** Path and query, as sent. */
  readonly url: string;
  /** Lower-case names. */
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  readonly remoteAddress: string;
}

export interface HttpResponse {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | readonly string[]>>;
  readonly body: Uint8Array | string;
}

/** Never rejects: what goes wrong becomes a response. */
export type HttpHandler = (request: HttpRequest) => Promise<HttpResponse>;
