import type { Fault } from "../../../src/conformance/backend/index.js";
import type { HttpFault } from "../../../src/testing/index.js";

/** The faults that look alike at every simulator that speaks HTTP. How a key is refused, and how late is late, is the provider's own. */
export const HTTP_FAULTS = {
  "request-lost": { kind: "silence", effect: false },
  "answer-lost": { kind: "silence", effect: true },
  "server-error": { kind: "status", status: 503, effect: false },
  "server-error-after-effect": { kind: "status", status: 502, effect: true },
  "rate-limited": { kind: "status", status: 429, headers: { "retry-after": "2" }, effect: false },
  malformed: { kind: "garbage" },
} satisfies Partial<Record<Fault, HttpFault>>;
