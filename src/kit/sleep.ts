import type { CallContext } from "../spec/call-context.js";
import { listenForAbort } from "./listen-for-abort.js";

/**
 * Waits on the host's clock.
 *
 * @param ms may be 0, which still lets other work go on.
 * @throws the signal's reason, promptly, when the call is aborted.
 */
export function sleep(ms: number, call: Pick<CallContext, "signal" | "host">): Promise<void> {
  const { signal, host } = call;
  return new Promise((resolve, reject) => {
    if (signal.aborted) {
      reject(signal.reason);
      return;
    }
    const onAbort = (): void => {
      timer.cancel();
      reject(signal.reason);
    };
    const timer = host.setTimer(Math.max(0, ms), () => {
      stopListening();
      resolve();
    });
    const stopListening = listenForAbort(signal, onAbort);
  });
}
