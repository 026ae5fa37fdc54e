import { setMaxListeners } from "node:events";
import type { AbortSignalLike } from "../spec/host.js";

/**
 * Listens for the abort of a signal that many calls share, and answers how to stop listening. The platform takes more than ten listeners on one
 * signal for a leak and warns; a batch of requests under one call has a hundred by rights, each of which goes when its request is over.
 */
export function listenForAbort(signal: AbortSignalLike, onAbort: () => void): () => void {
  if (signal instanceof EventTarget) setMaxListeners(0, signal);
  signal.addEventListener("abort", onAbort, { once: true });
  return () => signal.removeEventListener("abort", onAbort);
}
