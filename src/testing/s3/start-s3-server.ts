import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import type { Host } from "../../spec/host.js";
import { type Authorized, authorize, type Guard, signedBy } from "./authorize.js";
import { Buckets } from "./buckets.js";
import { FaultBook } from "./fault-book.js";
import { operate } from "./operate.js";
import { readRequestBody } from "./request-body.js";
import { accessDenied, S3Failure } from "./s3-failure.js";
import type { S3LogEntry, S3Operation, S3ServerOptions, S3TestFault, S3TestServer } from "./s3-options.js";
import type { S3Habits, S3Reply } from "./s3-reply.js";
import { operationOf, parseRequest, type S3Request } from "./s3-request.js";

const GIB = 1024 ** 3;

/**
 * Starts an object store in memory that speaks S3 on a free port of 127.0.0.1 and judges like the real one: signatures in headers and in
 * URLs, expiry, scope, signed headers, digests, conditions, parts. Nothing is let in that AWS would refuse; a few things that AWS would do are
 * answered with 501 (signed chunks, delimiters, versions, policies).
 *
 * It holds no code in common with any client, so that tests against it prove that tampered URLs fail.
 *
 * @example
 * const server = await startS3Server({ host });
 * const store = s3({ bucket: "test-bucket", endpoint: server.url, region: server.region, credentials: server.credentials });
 */
export async function startS3Server(options: S3ServerOptions): Promise<S3TestServer> {
  const running = new Running(options);
  await running.listen();
  return running;
}

/** Cuts the connection instead of answering. */
class Cut extends Error {}

class Running implements S3TestServer {
  readonly region: string;
  readonly credentials: S3TestServer["credentials"];
  readonly log: S3LogEntry[] = [];
  url = "";
  readonly #host: Host;
  readonly #guard: Guard;
  readonly #habits: S3Habits;
  readonly #buckets: Buckets;
  readonly #firstBucket: string;
  readonly #faults = new FaultBook();
  readonly #server = createServer((message, response) => void this.#serve(message, response));

  constructor(options: S3ServerOptions) {
    const { host, buckets = ["test-bucket"] } = options;
    const pairs = options.credentials ?? [{ accessKeyId: `AKTEST${host.randomHex(7).toUpperCase()}`, secretAccessKey: host.randomHex(20) }];
    const [first] = pairs;
    if (first === undefined || buckets[0] === undefined) throw new Error("The S3 server needs a bucket and a key pair.");
    const { accessKeyId, secretAccessKey, sessionToken } = first;
    this.credentials = { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) };
    this.region = options.region ?? "us-east-1";
    this.#host = host;
    this.#firstBucket = buckets[0];
    this.#buckets = new Buckets(buckets, host);
    this.#guard = { host, credentials: pairs, region: this.region, strictHeaders: options.strictHeaders ?? true };
    this.#habits = {
      minPartBytes: options.minPartBytes ?? 5 * 1024 ** 2,
      maxPutBytes: options.maxPutBytes ?? 5 * GIB,
      maxCopyBytes: options.maxCopyBytes ?? 5 * GIB,
      pageSize: options.pageSize ?? 1_000,
      conditionalWrites: options.conditionalWrites ?? true,
      requireEncryption: options.requireEncryption ?? false,
    };
  }

  async listen(): Promise<void> {
    await new Promise<void>((resolve, reject) => this.#server.once("error", reject).listen(0, "127.0.0.1", resolve));
    this.url = `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  get uploads(): S3TestServer["uploads"] {
    return this.#buckets.shownUploads();
  }

  objects(bucket = this.#firstBucket): ReturnType<S3TestServer["objects"]> {
    return this.#buckets.objects(bucket);
  }

  seed(key: string, bytes: Uint8Array, options: Parameters<S3TestServer["seed"]>[2] = {}): void {
    this.#buckets.put(options.bucket ?? this.#firstBucket, key, bytes, { "content-type": "binary/octet-stream", ...options.headers });
  }

  inject(rule: Parameters<S3TestServer["inject"]>[0]): void {
    this.#faults.add(rule);
  }

  reset(): void {
    this.log.length = 0;
    this.#faults.clear();
  }

  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async #serve(message: IncomingMessage, response: ServerResponse): Promise<void> {
    const at = this.#host.now();
    // Kept: a message that was given up knows its socket no more.
    const { socket } = message;
    // Errors of a socket that was cut, by either side, are no errors of the server.
    message.on("error", () => undefined);
    response.on("error", () => undefined);
    const exchange = new Exchange(message);
    let outcome: { readonly reply: S3Reply; readonly fault?: S3TestFault } | undefined;
    try {
      outcome = await this.#answer(message, exchange);
    } catch (error) {
      // Cut by a fault, or by the client.
      if (!(error instanceof Cut) && !socket.destroyed) outcome = { reply: failureReply(error, exchange) };
    }
    const answer = outcome === undefined ? undefined : answerOf(outcome.reply, outcome.fault, exchange);
    // Before the answer leaves: who has it must find the request in the log.
    this.log.push(exchange.entry(at));
    if (answer === undefined) socket.destroy();
    else answer(response, socket);
  }

  async #answer(message: IncomingMessage, exchange: Exchange): Promise<{ readonly reply: S3Reply; readonly fault?: S3TestFault }> {
    const request = parseRequest(message);
    exchange.request = request;
    const operation = operationOf(request);
    const authorized = authorize(request, this.#guard);
    checkRights(request, operation, authorized);
    const fault = this.#faults.strike(operation, request.key);
    if (fault?.kind === "hang") await new Promise<never>(() => undefined);
    const onBytes = (count: number): void => {
      exchange.receivedBytes = count;
      if (fault?.kind === "cut-upload" && count >= fault.afterBytes) throw new Cut();
    };
    const reading = { host: this.#host, maxBytes: this.#habits.maxPutBytes, onBytes };
    const body = await readRequestBody(message, request, authorized.payload, reading);
    if (fault?.kind === "cut-upload" || (fault?.kind === "reset" && !fault.done)) throw new Cut();
    if (fault?.kind === "status" || fault?.kind === "error-in-ok") return { reply: faultReply(fault, exchange) };
    const call = { request, body, credentials: authorized.credentials, buckets: this.#buckets, habits: this.#habits, host: this.#host };
    const reply = operate(operation, call);
    if (fault?.kind === "reset") throw new Cut();
    return fault === undefined ? { reply } : { reply, fault };
  }
}

/** What is known of one request so far. */
class Exchange {
  request: S3Request | undefined;
  receivedBytes = 0;
  sentBytes = 0;
  status = 0;
  error: string | undefined;
  readonly method: string;

  constructor(message: IncomingMessage) {
    this.method = message.method ?? "";
  }

  entry(at: number): S3LogEntry {
    const { request, status, error, receivedBytes, sentBytes } = this;
    return {
      method: this.method,
      bucket: request?.bucket ?? "",
      key: request?.key ?? "",
      operation: request === undefined ? "Unknown" : operationOf(request),
      signed: request === undefined ? "none" : signedBy(request),
      status,
      ...(error === undefined ? {} : { error }),
      at,
      receivedBytes,
      sentBytes,
    };
  }
}

function checkRights({ bucket }: S3Request, operation: S3Operation, { credentials }: Authorized): void {
  const reads: readonly S3Operation[] = ["GetObject", "HeadObject", "ListObjectsV2"];
  if (credentials.buckets !== undefined && !credentials.buckets.includes(bucket)) throw accessDenied();
  if (credentials.readOnly === true && !reads.includes(operation)) throw accessDenied();
}

function failureReply(error: unknown, exchange: Exchange): S3Reply {
  const failure =
    error instanceof S3Failure ? error : new S3Failure(500, "InternalError", "We encountered an internal error. Please try again.");
  exchange.error = failure.code;
  return { status: failure.status, headers: { "content-type": "application/xml" }, body: failure.toXml() };
}

function faultReply(fault: Extract<S3TestFault, { readonly kind: "status" | "error-in-ok" }>, exchange: Exchange): S3Reply {
  if (fault.kind === "error-in-ok") {
    const reply = failureReply(new S3Failure(200, fault.code ?? "InternalError", "We encountered an internal error."), exchange);
    return { ...reply, status: 200 };
  }
  const reply = failureReply(new S3Failure(fault.status ?? 503, fault.code ?? "SlowDown", "Please reduce your request rate."), exchange);
  const after = fault.retryAfterSeconds;
  return after === undefined ? reply : { ...reply, headers: { ...reply.headers, "retry-after": String(after) } };
}

/** Notes what will be answered; the function answers it. */
function answerOf(reply: S3Reply, fault: S3TestFault | undefined, exchange: Exchange): (response: ServerResponse, socket: Socket) => void {
  const body = reply.body === undefined ? Buffer.alloc(0) : Buffer.from(reply.body);
  const cut = fault?.kind === "truncate" ? fault.afterBytes : undefined;
  const sent = exchange.method === "HEAD" ? Buffer.alloc(0) : body.subarray(0, cut);
  exchange.status = reply.status;
  exchange.sentBytes = sent.length;
  return (response, socket) => {
    const headers = Object.entries(reply.headers ?? {}).map(([name, value]) => [name, Buffer.from(value, "utf8").toString("latin1")]);
    const bodyless = reply.status === 204 || reply.status === 304;
    response.writeHead(reply.status, { ...Object.fromEntries(headers), ...(bodyless ? {} : { "content-length": body.length }) });
    if (cut === undefined) response.end(sent);
    else if (sent.length > 0) response.write(sent, () => socket.destroy());
    else {
      response.flushHeaders();
      socket.end();
    }
  };
}
