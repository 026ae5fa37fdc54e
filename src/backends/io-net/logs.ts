import { poll } from "../../kit/poll.js";
import { MANIFEST_MARK } from "../../kit/runner/manifest.js";
import type { CallContext } from "../../spec/call-context.js";
import type { LogChunk } from "../../spec/launch.js";
import type { IoNetClient } from "./client.js";
import { mergeStreams } from "./merge-streams.js";
import { currentWorker, needsWorkers, toReport } from "./report.js";
import { isOver, stageOf } from "./statuses.js";

/** What the logs of a deployment are read with. */
export interface LogSource {
  readonly backend: string;
  readonly client: IoNetClient;
  readonly deploymentId: string;
}

/**
 * Both streams of the container once it runs. The service never ends them: they end with the line in which the runner prints its manifest, or
 * with a long silence.
 */
export async function* readLogs(source: LogSource, call: CallContext): AsyncGenerator<LogChunk, void, undefined> {
  const containerId = await poll(call, () => runningContainer(source, call), {
    backend: source.backend,
    what: "the container",
    everyMs: 2_000,
  });
  if (containerId === undefined || containerId === "none") return;
  const streams = (["stdout", "stderr"] as const).map((stream) => lines(source, containerId, stream, call));
  // Own signal: what was merged must not keep a socket once this has been left.
  for await (const chunk of mergeStreams(streams)) {
    yield chunk;
    if (chunk.text.startsWith(`${MANIFEST_MARK} `)) return;
  }
}

/** The id of a container whose command has begun; `none` when there will never be one. */
async function runningContainer({ backend, client, deploymentId }: LogSource, call: CallContext): Promise<string | undefined> {
  const deployment = await client.deployment(call, deploymentId);
  if (deployment === undefined || isOver(stageOf(deployment.status))) return "none";
  if (!needsWorkers(deployment)) return undefined;
  const workers = await client.workers(call, deploymentId);
  const report = toReport(backend, deployment, workers);
  if (report.kind === "status" && report.phase === "ended") return "none";
  return report.kind === "status" && report.phase === "running" ? currentWorker(workers)?.container_id : undefined;
}

async function* lines(
  { client, deploymentId }: LogSource,
  containerId: string,
  stream: "stdout" | "stderr",
  call: CallContext,
): AsyncGenerator<LogChunk, void, undefined> {
  for await (const { data } of client.log(call, deploymentId, containerId, stream)) yield { stream, text: `${data}\n` };
}
