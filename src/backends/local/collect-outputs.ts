import { findOutputFiles, type OutputSearch } from "../../kit/transfer/index.js";
import type { OutputArtifact, ResultManifest } from "../../model/artifact.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";
import type { OutputPlan } from "../../spec/launch.js";
import type { LeasePlace } from "./layout.js";
import type { LeaseRecord } from "./lease-record.js";
import type { CommandRuntime } from "./runtime.js";
import { standingOf } from "./standing.js";

/**
 * Stores the outputs of a command that ended. All of them are looked for before the first one is stored. After a failure
 * whatever is there is stored, and what must not be stored is left out.
 *
 * @throws OUTPUT_MISSING after exit code 0, for a required output that is not there or must not be stored.
 */
export async function collectOutputs(
  lease: LeaseRecord,
  place: LeasePlace,
  plan: OutputPlan,
  runtime: CommandRuntime,
  call: CallContext,
): Promise<ResultManifest> {
  const standing = await standingOf(lease, place, runtime, call);
  if (standing.kind === "failed") throw SchedulerError.fromJSON(standing.error);
  if (standing.kind !== "exited") {
    throw new SchedulerError("BACKEND_REJECTED", `Outputs can be collected once the command has ended; it is ${standing.kind}.`);
  }
  const { exit } = standing;
  await runtime.fetchOutputs(
    lease.key,
    place,
    plan.outputs.map(({ path }) => path),
    call,
  );
  const found: { readonly path: string; readonly search: OutputSearch }[] = [];
  for (const { path, optional } of plan.outputs) {
    const search = await findOutputFiles(place.root, path);
    if (exit.code === 0) requireStorable(path, optional, search);
    found.push({ path, search });
  }
  const outputs: OutputArtifact[] = [];
  for (const { path, search } of found) {
    if (search.kind !== "found") continue;
    for (const { member, file } of search.files) {
      if (call.signal.aborted) throw call.signal.reason;
      outputs.push({ ...(await plan.put(path, member, { file })), path, member });
    }
  }
  return { version: 1, exitCode: exit.code, startedAtMs: exit.startedAtMs, endedAtMs: exit.endedAtMs, outputs, nonce: lease.nonce };
}

function requireStorable(path: string, optional: boolean, search: OutputSearch): void {
  if (search.kind === "refused") {
    throw new SchedulerError("OUTPUT_MISSING", `The output ${search.what}: it was not stored. Write plain files below the declared path.`, {
      details: { path },
    });
  }
  if (search.kind === "missing" && !optional) {
    throw new SchedulerError("OUTPUT_MISSING", `The command ended with exit code 0 but there is nothing at its declared output ${path}.`, {
      details: { path },
    });
  }
}
