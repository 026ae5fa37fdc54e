import type { RunInput } from "../core/lifecycle/inputs.js";
import type { OutputArtifact } from "../model/artifact.js";
import { SchedulerError, toSchedulerError } from "../model/errors/scheduler-error.js";
import type { RunState } from "../model/run.js";
import { destinationOf } from "./artifact-registry.js";
import type { EngineContext } from "./engine-context.js";

/**
 * Moves the winner's outputs to where the workload wants them. Runs only after acceptance is committed, may run
 * again after a crash, and gives the same result each time: objects are copied over whatever is there.
 */
export async function promoteOutputs(context: EngineContext, state: RunState): Promise<RunInput> {
  const winner = state.attempts.find((attempt) => attempt.number === state.run.winner);
  try {
    const outputs: OutputArtifact[] = [];
    for (const output of winner?.manifest?.outputs ?? [])
      outputs.push(await promoteOne(context, output, state.run.workload.outputs[output.path]?.uri));
    return { type: "promoted", outputs };
  } catch (thrown) {
    return {
      type: "promotion-failed",
      error: toSchedulerError(thrown, "PROMOTION_FAILED", "An accepted output could not be moved").toJSON(),
    };
  }
}

async function promoteOne(context: EngineContext, output: OutputArtifact, uri: string | undefined): Promise<OutputArtifact> {
  const destination = destinationOf(output, uri);
  if (destination === undefined) return output;
  const { host } = context.options;
  const from = context.artifacts.storeFor(output.uri);
  const to = context.artifacts.storeFor(destination);
  if (from === to) {
    await to.copy(output.uri, destination, { host });
    return { ...output, uri: destination };
  }
  const stored = await to.put(destination, { stream: await from.read(output.uri, { host }) }, { host });
  if (stored.sha256 !== output.sha256) {
    throw new SchedulerError("OUTPUT_DIGEST_MISMATCH", `The stored bytes of ${output.path} do not have the digest that was accepted.`, {
      retry: "same",
    });
  }
  return { ...output, uri: destination };
}
