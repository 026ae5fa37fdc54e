import type { AbortSignalLike } from "../../spec/host.js";
import { listenForAbort } from "../listen-for-abort.js";

/** A platform signal that follows one of ours, for calls that insist on it. Dispose of it when the call is over. */
export function platformSignal(signal: AbortSignalLike | undefined): { readonly signal: AbortSignal; readonly dispose: () => void } {
  const controller = new AbortController();
  const follow = (): void => controller.abort(signal?.reason);
  let dispose = (): void => undefined;
  if (signal?.aborted) follow();
  else if (signal !== undefined) dispose = listenForAbort(signal, follow);
  return { signal: controller.signal, dispose: () => dispose() };
}

/** The same pieces; rejects with the signal's reason as soon as it aborts, also while a piece is being waited for. */
export async function* abortable<T>(source: AsyncIterable<T>, signal: AbortSignalLike | undefined): AsyncGenerator<T, void, undefined> {
  if (signal === undefined) {
    yield* source;
    return;
  }
  let onAbort = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    onAbort = () => reject(signal.reason);
  });
  // Unhandled only in the sense that nobody may be waiting for a piece when it happens.
  aborted.catch(() => undefined);
  if (signal.aborted) throw signal.reason;
  const stopListening = listenForAbort(signal, onAbort);
  const iterator = source[Symbol.asyncIterator]();
  try {
    for (;;) {
      const step = await Promise.race([iterator.next(), aborted]);
      if (step.done) return;
      yield step.value;
    }
  } finally {
    stopListening();
    // Not awaited: a source that hangs would hang its own ending as well.
    Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
