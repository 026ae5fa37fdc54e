import type { CallLimit } from "../../kit/call-limit.js";
import { discard, isPassingStatus, PassingFailure, passingStatus, readBody, sendRequest } from "../../kit/objects/index.js";
import type { TransferOptions } from "../../spec/artifact-store.js";
import { addressOf, encodeStrictly, type Location, uriOf } from "./location.js";
import { MOST_ERROR_BYTES, refusalOf } from "./refusal.js";
import type { S3Config } from "./s3-config.js";
import { createSigning, type Signing } from "./signing.js";
import { isErrorDocument, textOf } from "./xml.js";

/** Query parameters; `true` is one without a value. */
export type S3Query = Readonly<Record<string, string | number | true | undefined>>;

/** A request about an object, or with an empty key about a bucket. */
export interface S3Request {
  readonly method: "GET" | "HEAD" | "PUT" | "POST" | "DELETE";
  readonly at: Location;
  readonly query?: S3Query;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** Of the body, if it is known already. */
  readonly sha256?: string;
  /** Statuses beside 2xx that are answers here and not failures. */
  readonly accept?: readonly number[];
}

/** The way to the service: signed, repeated where it helps, refusals as coded errors. Every request it is used for may be repeated. */
export interface S3Client {
  readonly config: S3Config;
  readonly signing: Signing;
  /** The answer's head; the body is the caller's to read or to let go. */
  open(request: S3Request, options: TransferOptions): Promise<Response>;
  /** The head of an answer whose body does not matter. */
  head(request: S3Request, options: TransferOptions): Promise<Response>;
  /** The answer's XML. An error in it is an error, whatever the status. */
  xml(request: S3Request, options: TransferOptions): Promise<string>;
}

/** Digest of nothing. */
const EMPTY_SHA256 = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
/** A page of a listing holds up to 1,000 keys of 1,024 bytes, each of which may be three characters, and some more. */
const MOST_XML_BYTES = 16 * 1024 ** 2;

export function createS3Client(config: S3Config): S3Client {
  const signing = createSigning(config);

  const send = <T>(request: S3Request, options: TransferOptions, use: (response: Response, limit: CallLimit) => Promise<T>): Promise<T> => {
    const { method, at, body } = request;
    const url = withQuery(addressOf(at, config), request.query ?? {});
    const sha256 = request.sha256 ?? (body === undefined ? EMPTY_SHA256 : options.host.sha256(body));
    return sendRequest(
      config.wire,
      {
        what: `${method} ${uriOf(at)}`,
        prepare: async () => {
          const headers = { ...withPrefix(request.headers, true), "x-amz-content-sha256": sha256 };
          const signed = await signing.headers({ method, url, headers }, options.host);
          // Only what belongs to the service is signed: proxies, and Google, change others such as accept-encoding on the way.
          const all = { ...withPrefix(request.headers, false), ...signed };
          return { method, url: new URL(url), headers: all, credentials: true, ...(body === undefined ? {} : { body }) };
        },
        use: async (response, limit) => {
          if (response.ok || request.accept?.includes(response.status)) return use(response, limit);
          if (isPassingStatus(response.status) && response.status !== 501) throw passingStatus(response, options.host.now());
          throw refusalOf(request, response, await readBody(response, MOST_ERROR_BYTES, limit.race), config);
        },
      },
      options,
    );
  };

  return {
    config,
    signing,
    open: (request, options) => send(request, options, async (response) => response),
    head: (request, options) =>
      send(request, options, async (response) => {
        discard(response);
        return response;
      }),
    xml: (request, options) =>
      send(request, options, async (response, limit) => {
        const text = await readBody(response, MOST_XML_BYTES, limit.race);
        if (!isErrorDocument(text)) return text;
        const code = textOf(text, "Code") ?? "";
        if (/^(InternalError|SlowDown|ServiceUnavailable|RequestTimeout|OperationAborted)$/.test(code)) {
          throw new PassingFailure(`the server answered ${code}`);
        }
        throw refusalOf(request, response, text, config);
      }),
  };
}

/** Headers that are the service's own, or the others. */
const withPrefix = (headers: S3Request["headers"], own: boolean): Readonly<Record<string, string>> =>
  Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => name.startsWith("x-amz-") === own));

/** The address with a query, encoded as signatures want it. */
export function withQuery(address: string, query: S3Query): string {
  const pairs = Object.entries(query).flatMap(([name, value]) =>
    value === undefined ? [] : [`${encodeStrictly(name)}=${value === true ? "" : encodeStrictly(String(value))}`],
  );
  return pairs.length === 0 ? address : `${address}?${pairs.join("&")}`;
}
