import { type ExpectedManifest, readStatus, runnerToken } from "../kit/runner/index.js";
import type { ResultManifest } from "../model/artifact.js";
import type { AttemptRow } from "../model/attempt.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import { Secret } from "../model/secret.js";
import type { EngineContext } from "./engine-context.js";

/** How long a runner may take to answer, ms. */
const ANSWER_MS = 10_000;

/** The manifest from the runner's status page, once the attempt has ended. Nothing when it goes on or does not answer: the page is a convenience. */
export async function runnerManifest(
  context: EngineContext,
  attempt: AttemptRow,
  endpoint: string,
  expected: ExpectedManifest,
): Promise<ResultManifest | undefined> {
  const { options, namespace } = context;
  const { host, logger } = options;
  const stop = new AbortController();
  const timer = host.setTimer(ANSWER_MS, () => stop.abort(new SchedulerError("BACKEND_TIMEOUT", "The runner did not answer in time.")));
  try {
    const token = new Secret(runnerToken(namespace, attempt.key, host));
    const call = { signal: stop.signal, deadlineMs: host.now() + ANSWER_MS, namespace, logger, host, progress: () => Promise.resolve() };
    return (await readStatus({ ...expected, backend: attempt.offer.backend, endpoint, token }, call)).manifest;
  } catch {
    return undefined;
  } finally {
    timer.cancel();
  }
}
