import type { ObjectStat, ReadOptions, TransferOptions } from "../../spec/artifact-store.js";
import { discard } from "../http/read-body.js";
import { contentLength, isEncoded, resumableBody, strongEtag } from "./resumable-body.js";
import { isPassingStatus, passingStatus, type StoreWire, sendRequest } from "./send-request.js";
import { denied, notFound, otherVersion, tooLarge, unavailable } from "./store-errors.js";

/** Something that can be fetched from a URL without credentials. */
export interface UrlObject {
  readonly url: URL;
  /** How it is called in messages: never with a query, which may hold a signature. */
  readonly shown: string;
  /** Most bytes that are taken. */
  readonly maxBytes: number;
}

/** Asks for the stored bytes: compressed transfer would be undone unseen. */
const IDENTITY = { "accept-encoding": "identity" } as const;

/** Opens it. What breaks off is continued where the server can. @throws ARTIFACT_NOT_FOUND, ARTIFACT_STORE_DENIED, ARTIFACT_STORE_UNAVAILABLE */
export async function readUrlObject(
  wire: StoreWire,
  object: UrlObject,
  options: ReadOptions,
): Promise<AsyncGenerator<Uint8Array, void, undefined>> {
  const get = (headers: Readonly<Record<string, string>>): Promise<Response> => fetchOne(wire, "GET", object, headers, options);
  const response = await get(options.ifVersion === undefined ? {} : { "if-match": options.ifVersion });
  const size = contentLength(response);
  if (isEncoded(response)) {
    discard(response);
    throw unavailable(wire.subject, `${object.shown} is only given compressed, so that its own bytes cannot be had.`);
  }
  if (size !== undefined && size > object.maxBytes) {
    discard(response);
    throw tooLarge(wire.subject, { what: object.shown, maxBytes: object.maxBytes });
  }
  const reopen = (fromByte: number, etag: string): Promise<Response> => get({ range: `bytes=${fromByte}-`, "if-range": etag });
  return resumableBody(response, { what: object.shown, maxBytes: object.maxBytes, reopen }, wire, options);
}

/**
 * Size and version by HEAD; by a GET that is let go after its head where HEAD is refused, as by URLs that are signed for GET.
 * `undefined`: there is nothing.
 */
export async function statUrlObject(wire: StoreWire, object: UrlObject, options: TransferOptions): Promise<ObjectStat | undefined> {
  const head = await fetchOne(wire, "HEAD", object, {}, options, [401, 403, 404, 405, 410, 501]);
  discard(head);
  if (head.status === 404 || head.status === 410) return undefined;
  const stat = head.ok ? statOf(head, contentLength(head)) : undefined;
  if (stat !== undefined) return stat;
  const part = await fetchOne(wire, "GET", object, { range: "bytes=0-0" }, options, [404, 410, 416]);
  discard(part);
  if (part.status === 404 || part.status === 410) return undefined;
  const whole = /^bytes (?:\d+-\d+|\*)\/(\d{1,15})$/.exec(part.headers.get("content-range") ?? "")?.[1];
  const found = statOf(part, whole !== undefined ? Number(whole) : part.status === 200 ? contentLength(part) : undefined);
  if (found === undefined)
    throw unavailable(wire.subject, `the server does not tell the size of ${object.shown}. State it with the input.`);
  return found;
}

function statOf(response: Response, size: number | undefined): ObjectStat | undefined {
  if (size === undefined) return undefined;
  const version = strongEtag(response);
  return { size, ...(version === undefined ? {} : { version }) };
}

function fetchOne(
  wire: StoreWire,
  method: "GET" | "HEAD",
  { url, shown }: UrlObject,
  headers: Readonly<Record<string, string>>,
  options: TransferOptions,
  accept: readonly number[] = [],
): Promise<Response> {
  return sendRequest(
    wire,
    {
      what: `${method} ${shown}`,
      prepare: () => ({ method, url, headers: { ...IDENTITY, ...headers }, credentials: false }),
      use: async (response) => {
        const { status } = response;
        if (status === 200 || status === 206 || accept.includes(status)) return response;
        // 202: it is being fetched or confirmed, and what came is not the object.
        if ((isPassingStatus(status) && status !== 501) || status === 202) throw passingStatus(response, options.host.now());
        discard(response);
        if (status === 404 || status === 410) throw notFound(shown);
        if (status === 412) throw otherVersion(shown);
        const advice = status === 401 || status === 403 ? " It may need a login, or its signature has ended." : "";
        throw denied(wire.subject, `${method} ${shown} was answered ${status}.${advice}`, { status });
      },
    },
    options,
  );
}
