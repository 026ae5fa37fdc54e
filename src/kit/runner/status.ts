import * as z from "zod";
import type { ResultManifest } from "../../model/artifact.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import { createHttp } from "../http/create-http.js";
import { bearer } from "../http/encode.js";
import { checkManifest, type ExpectedManifest, MAX_MANIFEST_BYTES } from "./manifest.js";

/** Where the status page lies below a report's `endpoint`. Every other path answers 200 without a token and without facts, for health checks. */
export const STATUS_PATH = "/spillway/status";

/** What a runner says of itself. A claim like the manifest. */
export interface RunnerStatus {
  readonly phase: "fetching" | "running" | "uploading" | "finished";
  /** Since when, by the node's clock. */
  readonly sinceMs: number;
  /** Present once the attempt has ended. */
  readonly manifest?: ResultManifest;
}

/** What {@link readStatus} asks with. */
export interface StatusQuestion extends ExpectedManifest {
  /** Id of the backend, for errors. */
  readonly backend: string;
  /** The report's `endpoint`: scheme, host, port, and a path where there is one. */
  readonly endpoint: string;
  /** See `runnerToken`. */
  readonly token: Secret;
  /** Replaces the platform's fetch. */
  readonly fetch?: typeof globalThis.fetch;
}

const schema = z.object({
  version: z.literal(1),
  nonce: z.string(),
  phase: z.enum(["fetching", "running", "uploading", "finished"]),
  sinceMs: z.int().min(0),
  manifest: z.unknown().nullable(),
});

/**
 * Asks a runner how far it is, over the port that its launch opened. Safe to repeat.
 *
 * @throws BACKEND_UNAVAILABLE, BACKEND_TIMEOUT, BACKEND_AUTH_FAILED, BACKEND_REJECTED, BACKEND_RESPONSE_INVALID as `createHttp` does; the
 * last one also for another attempt's answer. STAGING_FAILED for a manifest that `parseManifest` would refuse.
 */
export async function readStatus(question: StatusQuestion, call: CallContext): Promise<RunnerStatus> {
  const { backend, endpoint, token } = question;
  const http = createHttp({
    backend,
    baseUrl: endpoint.replace(/\/+$/, ""),
    headers: { authorization: bearer(token) },
    maxBytes: MAX_MANIFEST_BYTES + 4_096,
    ...(question.fetch === undefined ? {} : { fetch: question.fetch }),
  });
  const { nonce, phase, sinceMs, manifest } = await http.get(call, STATUS_PATH).json(schema);
  if (nonce !== question.nonce) {
    throw new SchedulerError("BACKEND_RESPONSE_INVALID", `${backend}: the endpoint answers for another attempt.`, {
      details: { backend },
      effect: "none",
    });
  }
  return { phase, sinceMs, ...(manifest == null ? {} : { manifest: checkManifest(manifest, question) }) };
}
