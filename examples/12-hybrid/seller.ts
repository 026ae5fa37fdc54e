import type { Backend } from "spillway";

/** A backend, and what its simulator alone knows: the seller's side of the bill. */
export interface Seller {
  readonly backend: Backend;
  /** What costs money now, or will. */
  readonly openCount: () => number;
  /** What the seller has charged up to now, nano-USD. */
  readonly billed: () => bigint;
  readonly close: () => Promise<void>;
}

/** These sellers do in moments what takes real ones minutes, so they are asked more often and given up sooner. */
export function hurried(backend: Backend): Backend {
  const hurry = { pollMs: { least: 150, most: 600 }, bindMs: 8_000, provisionMs: 8_000, visibilityMs: 500 };
  return { ...backend, capabilities: { ...backend.capabilities, ...hurry } };
}
