import type { TransferOptions } from "../../spec/artifact-store.js";
import { LimitReached, limitCall } from "../call-limit.js";
import { networkFault } from "../http/faults.js";
import { discard, type Race, readChunks } from "../http/read-body.js";
import { pause } from "../process/pause.js";
import { NEVER, type StoreWire, waitMs } from "./send-request.js";
import { tooLarge, unavailable } from "./store-errors.js";

/** Where more of a body comes from when it breaks off. */
export interface BodySource {
  /** `s3://bucket/key`: for messages. */
  readonly what: string;
  /** Asks for the rest of the same object from this byte on, in a range request. Absent: it cannot be continued. */
  readonly reopen?: (fromByte: number, etag: string) => Promise<Response>;
  /** Most bytes that are taken. */
  readonly maxBytes: number;
}

/**
 * An answer's body to its end. What breaks off is continued from where it broke, as long as the server says by a strong
 * `etag` that it is still the same object; after `retries` breaks without a byte between them it fails.
 *
 * @throws ARTIFACT_STORE_UNAVAILABLE, or the signal's reason. Leaving the loop lets the connection go.
 */
export async function* resumableBody(
  first: Response,
  source: BodySource,
  wire: StoreWire,
  options: TransferOptions,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { host, signal } = options;
  const whole = contentLength(first);
  const etag = strongEtag(first);
  const race = idleRace(wire, options);
  let response = first;
  let seen = 0;
  let breaks = 0;
  for (;;) {
    const began = seen;
    const broken = yield* pieces();
    if (broken === undefined) return;
    breaks = seen > began ? 1 : breaks + 1;
    if (source.reopen === undefined || etag === undefined || breaks > wire.retries) {
      throw unavailable(
        wire.subject,
        `${source.what} broke off after ${seen}${whole === undefined ? "" : ` of ${whole}`} bytes: ${broken}.`,
      );
    }
    await pause(host, waitMs(breaks, host.random()), signal);
    response = await source.reopen(seen, etag);
    if (response.status !== 206 || strongEtag(response) !== etag || !rangeBegins(response, seen)) {
      discard(response);
      throw unavailable(wire.subject, `${source.what} broke off after ${seen} bytes and cannot be continued there.`);
    }
  }

  /** Gives pieces on; answers what broke, if something did. */
  async function* pieces(): AsyncGenerator<Uint8Array, string | undefined, undefined> {
    try {
      for await (const piece of readChunks(response, race)) {
        if (piece.byteLength === 0) continue;
        seen += piece.byteLength;
        if (seen > source.maxBytes) throw tooLarge(wire.subject, source);
        yield piece;
      }
    } catch (error) {
      if (signal?.aborted) throw signal.reason;
      if (error instanceof LimitReached) return `nothing came for ${wire.idleMs} ms`;
      const fault = networkFault(error);
      if (fault === undefined) throw error;
      return fault.what;
    }
    return whole !== undefined && seen < whole ? "the connection was closed early" : undefined;
  }
}

/** Bounds each wait for the next piece; the time the consumer takes is not silence. */
function idleRace(wire: StoreWire, { host, signal }: TransferOptions): Race {
  return async (work) => {
    const limit = limitCall({ signal: signal ?? NEVER, host, timeoutMs: wire.idleMs });
    try {
      return await limit.race(work);
    } finally {
      limit.close();
    }
  };
}

/** The declared length of the body as it will be read, where that is known. */
export function contentLength(response: Response): number | undefined {
  if (isEncoded(response)) return undefined;
  const text = response.headers.get("content-length");
  return text !== null && /^\d{1,15}$/.test(text) ? Number(text) : undefined;
}

/** Whether the transfer is compressed: `fetch` then undoes it, and gives other bytes than those that are stored. */
export function isEncoded(response: Response): boolean {
  const encoding = response.headers.get("content-encoding");
  return encoding !== null && encoding.trim() !== "" && encoding.trim().toLowerCase() !== "identity";
}

/** The etag, unless it is a weak one: those do not stand for the bytes. */
export function strongEtag(response: Response): string | undefined {
  const etag = response.headers.get("etag");
  return etag === null || etag.startsWith("W/") ? undefined : etag;
}

function rangeBegins(response: Response, fromByte: number): boolean {
  const match = /^bytes (\d+)-/.exec(response.headers.get("content-range") ?? "");
  return match !== null && Number(match[1]) === fromByte;
}
