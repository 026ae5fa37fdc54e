import type { AbortSignalLike, Host } from "../../spec/host.js";
import { listenForAbort } from "../listen-for-abort.js";

/** Waits on the host's clock. Keeps the process alive: somebody awaits the answer. Rejects with the signal's reason. */
export function pause(host: Host, ms: number, signal?: AbortSignalLike): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal?.reason);
    };
    const timer = host.setTimer(
      ms,
      () => {
        stopListening?.();
        resolve();
      },
      { keepAlive: true },
    );
    const stopListening = signal && listenForAbort(signal, onAbort);
  });
}
