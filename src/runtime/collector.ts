import type { Artifact, OutputArtifact, ResultManifest } from "../model/artifact.js";
import type { AttemptRow } from "../model/attempt.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { LeaseRow } from "../model/lease.js";
import type { RunRow } from "../model/run.js";
import type { OutputPlan } from "../spec/launch.js";
import type { EngineContext } from "./engine-context.js";
import type { GuardedBackend } from "./guard.js";

/**
 * Gets an ended attempt's result before its lease is let go. Answers nothing when there is none: the command never
 * came to an end, or the machine is gone with what it had.
 */
export async function collectOutputs(
  context: EngineContext,
  guarded: GuardedBackend,
  run: RunRow,
  attempt: AttemptRow,
  lease: LeaseRow,
): Promise<ResultManifest | undefined> {
  const { staging } = guarded.backend.capabilities;
  if (attempt.exitCode === undefined || lease.ref === undefined) return undefined;
  const declared = Object.entries(run.workload.outputs).map(([path, output]) => ({ path, optional: output.optional }));
  if (declared.length === 0 || staging === "none") return { version: 1, exitCode: attempt.exitCode, outputs: [] };
  const versions = new Map<string, string>();
  const manifest = await guarded.collect(lease.ref, planFor(context, run, attempt, declared, versions));
  const missing = declared.find(({ path, optional }) => !optional && !manifest.outputs.some((output) => output.path === path));
  if (attempt.exitCode === 0 && missing !== undefined) {
    throw new SchedulerError("OUTPUT_MISSING", `The command succeeded but its output ${missing.path} does not exist.`, {
      details: { field: `outputs.${missing.path}`, attempt: attempt.number },
    });
  }
  const outputs = manifest.outputs.map((output): OutputArtifact => {
    const version = versions.get(output.uri);
    return version === undefined ? output : { ...output, version };
  });
  return { ...manifest, outputs, exitCode: attempt.exitCode };
}

/** @param versions what is stored, by URI, as far as the store tells versions */
function planFor(
  context: EngineContext,
  run: RunRow,
  attempt: AttemptRow,
  declared: OutputPlan["outputs"],
  versions: Map<string, string>,
): OutputPlan {
  const { host } = context.options;
  const prefix = context.artifacts.attemptPrefix(run.id, attempt.key);
  return {
    outputs: declared,
    put: async (path, member, body): Promise<Artifact> => {
      const index = declared.findIndex((output) => output.path === path);
      if (index < 0) throw new SchedulerError("PLUGIN_CONTRACT_VIOLATION", `collect stored ${path}, which is not a declared output.`);
      const name = member === "" ? (path.split("/").at(-1) ?? "output") : member;
      if (name.split("/").some((part) => part === ".." || part === ""))
        throw new SchedulerError("STAGING_FAILED", `The output ${path} holds a file with an unusable name.`);
      const { workspace } = context.artifacts;
      const stored = await workspace.put(`${prefix}${index}/${encodeURI(name)}`, body, { host });
      const version = (await workspace.stat(stored.uri, { host }))?.version;
      if (version !== undefined) versions.set(stored.uri, version);
      return stored;
    },
  };
}
