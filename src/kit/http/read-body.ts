/** Waits for one step, or rejects when the wait is to end. */
export type Race = <T>(work: PromiseLike<T>) => Promise<T>;

/** The body was longer than allowed. Internal to kit/http. */
export class BodyTooLong extends Error {}

/** Reads a body completely, or stops at the limit and lets the connection go. */
export async function readBody(response: Response, maxBytes: number, race: Race): Promise<string> {
  const declared = Number(response.headers.get("content-length") ?? "0");
  if (declared > maxBytes) {
    discard(response);
    throw new BodyTooLong();
  }
  const decoder = new TextDecoder();
  let text = "";
  let bytes = 0;
  for await (const chunk of readChunks(response, race)) {
    bytes += chunk.byteLength;
    if (bytes > maxBytes) throw new BodyTooLong();
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

/** The body's chunks. Leaving the loop early cancels the rest. */
export async function* readChunks(response: Response, race: Race): AsyncGenerator<Uint8Array, void, undefined> {
  const reader = response.body?.getReader();
  if (reader === undefined) return;
  let ended = false;
  try {
    while (true) {
      const step = await race(reader.read());
      if (step.done) {
        ended = true;
        return;
      }
      yield step.value;
    }
  } finally {
    // Not awaited: a body that hangs would hang its cancellation too.
    if (!ended) reader.cancel().catch(() => undefined);
  }
}

/** Lets an unwanted body go without waiting for it. */
export function discard(response: Response): void {
  response.body?.cancel().catch(() => undefined);
}
