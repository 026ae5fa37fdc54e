import type { RunInput } from "../core/lifecycle/inputs.js";
import type { OutputArtifact } from "../model/artifact.js";
import { toSchedulerError } from "../model/errors/scheduler-error.js";
import type { RunState } from "../model/run.js";
import { destinationOf, unpackedBase } from "./artifact-registry.js";
import type { EngineContext } from "./engine-context.js";
import { unpackArchive } from "./output-archives.js";
import { readAccepted } from "./read-accepted.js";

/**
 * Moves the winner's outputs to where the workload wants them. Runs only after acceptance is committed, may run
 * again after a crash, and gives the same result each time: objects are copied over whatever is there.
 */
export async function promoteOutputs(context: EngineContext, state: RunState): Promise<RunInput> {
  const winner = state.attempts.find((attempt) => attempt.number === state.run.winner);
  try {
    const outputs: OutputArtifact[] = [];
    for (const output of winner?.manifest?.outputs ?? [])
      outputs.push(...(await promoteOne(context, output, state.run.workload.outputs[output.path]?.uri)));
    return { type: "promoted", outputs };
  } catch (thrown) {
    const error = toSchedulerError(thrown, "PROMOTION_FAILED", "An accepted output could not be moved").toJSON();
    // What was accepted is not there any more, and will not come back.
    return { type: "promotion-failed", error: error.code === "OUTPUT_DIGEST_MISMATCH" ? { ...error, retry: "never" } : error };
  }
}

async function promoteOne(context: EngineContext, output: OutputArtifact, uri: string | undefined): Promise<readonly OutputArtifact[]> {
  if (output.archive?.files !== undefined) return unpackArchive(context, output, unpackedBase(output, uri));
  const { version, ...promoted } = output;
  const destination = destinationOf(output, uri);
  if (destination === undefined) return [promoted];
  const { host } = context.options;
  const from = context.artifacts.storeFor(output.uri);
  const to = context.artifacts.storeFor(destination);
  if (from === to && version !== undefined) await to.copy(output.uri, destination, { host, ifVersion: version });
  // Digested on the way, so that nothing appears at the destination that was not accepted.
  else await to.put(destination, { stream: await readAccepted(context, output) }, { host });
  return [{ ...promoted, uri: destination }];
}
