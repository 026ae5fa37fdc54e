import type { z } from "zod";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { type AnswerOrigin, checkJson } from "./answer.js";

/** When a stream that stays silent counts as over. */
export interface LineOptions {
  /** Longest silence between two chunks. Default: silence never ends it. @unit ms */
  readonly idleMs?: number;
  /** What silence means: the `end` of the stream, or a failure (BACKEND_TIMEOUT). Default `end` for events and lines, `fail` for bytes. */
  readonly idle?: "end" | "fail";
}

/** One server-sent event. */
export interface SseEvent {
  /** Default `message`. */
  readonly event: string;
  /** The data lines, joined by line feeds. */
  readonly data: string;
  /** The last id seen so far; send it as `last-event-id` to go on after a cut. */
  readonly id?: string;
}

/** Whose lines they are, and how long one may be. */
export interface LineLimit extends AnswerOrigin {
  /** Characters. */
  readonly maxLength: number;
}

/** Splits chunks into lines at LF, CR or CRLF. The last line counts even without an end, unless it is empty. */
export async function* readLines(chunks: AsyncIterable<Uint8Array>, limit: LineLimit): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = "";
  let skipLineFeed = false;
  for await (const chunk of chunks) {
    let text = decoder.decode(chunk, { stream: true });
    if (skipLineFeed && text !== "") {
      if (text.startsWith("\n")) text = text.slice(1);
      skipLineFeed = false;
    }
    const pieces = (rest + text).split(/\r\n|\n|\r/);
    // A CR at the very end ends its line now; the LF that may follow belongs to it.
    if (text.endsWith("\r")) skipLineFeed = true;
    rest = pieces.pop() ?? "";
    if (rest.length > limit.maxLength || pieces.some((piece) => piece.length > limit.maxLength)) {
      throw new SchedulerError(
        "BACKEND_RESPONSE_INVALID",
        `${limit.backend}: a line of ${limit.method} ${limit.path} is longer than \`maxBytes\`.`,
        {
          effect: limit.safe ? "none" : "unknown",
          details: { backend: limit.backend, method: limit.method, path: limit.path },
        },
      );
    }
    yield* pieces;
  }
  rest += decoder.decode();
  if (rest !== "") yield rest;
}

/** Parses the event stream format (WHATWG HTML, 9.2.6). Comments and unknown fields are ignored, an unfinished event at the end is dropped. */
export async function* readSse(chunks: AsyncIterable<Uint8Array>, limit: LineLimit): AsyncGenerator<SseEvent, void, undefined> {
  let event = "";
  let data: string[] = [];
  let id: string | undefined;
  let first = true;
  for await (const raw of readLines(chunks, limit)) {
    // The decoder has removed a byte order mark; one that was sent twice stays and is dropped here.
    const line = first && raw.startsWith("\uFEFF") ? raw.slice(1) : raw;
    first = false;
    if (line === "") {
      if (data.length > 0) yield { event: event === "" ? "message" : event, data: data.join("\n"), ...(id === undefined ? {} : { id }) };
      event = "";
      data = [];
      continue;
    }
    const colon = line.indexOf(":");
    if (colon === 0) continue;
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? "" : line.slice(colon + 1).replace(/^ /, "");
    if (field === "event") event = value;
    else if (field === "data") data.push(value);
    else if (field === "id" && !value.includes("\0")) id = value;
  }
}

/** Parses each line that is not blank. @throws BACKEND_RESPONSE_INVALID naming the path, never the value. */
export async function* readNdjson<S extends z.ZodType>(
  chunks: AsyncIterable<Uint8Array>,
  schema: S,
  limit: LineLimit,
): AsyncGenerator<z.output<S>, void, undefined> {
  for await (const line of readLines(chunks, limit)) {
    if (line.trim() === "") continue;
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      throw new SchedulerError("BACKEND_RESPONSE_INVALID", `${limit.backend}: a line of ${limit.method} ${limit.path} is not JSON.`, {
        effect: limit.safe ? "none" : "unknown",
        details: { backend: limit.backend, method: limit.method, path: limit.path },
      });
    }
    yield checkJson(value, schema, limit);
  }
}
