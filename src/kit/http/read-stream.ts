import type { CallContext } from "../../spec/call-context.js";
import { LimitReached, limitCall } from "../call-limit.js";
import { failureError, type RequestFacts } from "./http-errors.js";
import { type Race, readChunks } from "./read-body.js";
import type { LineOptions } from "./streams.js";

/** A body's chunks until its end, the abort or a silence that is too long. The time the consumer takes is not silence. */
export async function* readStream(
  response: Response,
  call: CallContext,
  options: LineOptions,
  facts: RequestFacts,
): AsyncGenerator<Uint8Array, void, undefined> {
  const race: Race = async (work) => {
    const limit = limitCall({
      signal: call.signal,
      host: call.host,
      ...(options.idleMs === undefined ? {} : { timeoutMs: options.idleMs }),
    });
    try {
      return await limit.race(work);
    } finally {
      limit.close();
    }
  };
  try {
    yield* readChunks(response, race);
  } catch (error) {
    if (call.signal.aborted) throw call.signal.reason;
    if (error instanceof LimitReached && options.idle === "end") return;
    throw failureError(facts, error, true);
  }
}
