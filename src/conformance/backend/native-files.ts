import { readFile } from "node:fs/promises";
import type { Artifact, ResultManifest } from "../../model/artifact.js";
import type { LeaseRef } from "../../model/lease.js";
import type { ByteSource, OutputPlan, StagedInput } from "../../spec/launch.js";
import { must, present } from "../clause.js";
import type { BackendTrial, StatusReport } from "./trial.js";

/** Collected files by path and member. */
export type Files = Map<string, Uint8Array>;

/** An output as a launch declares it. */
export type Declared = OutputPlan["outputs"][number];

export const required = (path: string): Declared => ({ path, optional: false });
export const optional = (path: string): Declared => ({ path, optional: true });

/** The collected files as text. */
export const textsOf = (files: Files): Readonly<Record<string, string>> =>
  Object.fromEntries([...files].map(([name, bytes]) => [name, new TextDecoder().decode(bytes)]));

/** A plan whose `put` keeps the bytes. */
export function planFor(trial: BackendTrial, outputs: OutputPlan["outputs"], files: Files): OutputPlan {
  return {
    outputs,
    put: async (path, member, body): Promise<Artifact> => {
      const bytes = await bytesOf(body);
      const name = member === "" ? path : `${path}/${member}`;
      files.set(name, bytes);
      return { uri: `conformance://${name}`, sha256: trial.host.sha256(bytes), size: bytes.length };
    },
  };
}

async function bytesOf(body: ByteSource): Promise<Uint8Array> {
  if ("bytes" in body) return body.bytes;
  if ("file" in body) return readFile(body.file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** `collect` with a plan, without waiting for it. */
export const collectingWith = (trial: BackendTrial, ref: LeaseRef, plan: OutputPlan): Promise<ResultManifest> =>
  present(trial.backend.collect, "There is no `collect`.").call(trial.backend, ref, plan, trial.call());

/** `collect` of these outputs, without waiting for it. */
export const collecting = (
  trial: BackendTrial,
  ref: LeaseRef,
  outputs: OutputPlan["outputs"],
  files: Files = new Map(),
): Promise<ResultManifest> => collectingWith(trial, ref, planFor(trial, outputs, files));

/** `collect` of these outputs. */
export const collect = (trial: BackendTrial, ref: LeaseRef, outputs: OutputPlan["outputs"], files?: Files): Promise<ResultManifest> =>
  trial.answer("collect", collecting(trial, ref, outputs, files));

/** Runs a launch that writes files, to its end, with these outputs declared. */
export async function wrote(
  trial: BackendTrial,
  files: Readonly<Record<string, string>>,
  outputs: OutputPlan["outputs"],
  exitCode = 0,
): Promise<{ readonly ref: LeaseRef; readonly nonce: string }> {
  const write = present(trial.setup.launches.writeOutputs, "Staging is native, so the setup has to give a launch `writeOutputs`.");
  const { ref, placement } = await trial.bound(write(files, exitCode), { launch: { outputs } });
  await trial.untilExited(ref);
  return { ref, nonce: placement.launch.nonce };
}

/** Offers bytes for download, as an input of a launch. */
export async function publishedInput(
  trial: BackendTrial,
  path: string,
  content: Uint8Array | string,
): Promise<StagedInput & { readonly sha256: string }> {
  const publish = present(trial.underTest.publish, "Staging is native, so `create` has to answer a `publish`.");
  const bytes = typeof content === "string" ? new TextEncoder().encode(content) : content;
  return { path, url: await publish(bytes), sha256: trial.host.sha256(bytes), size: bytes.length };
}

/** The command that checks an input's digest. */
export const checking = ({ setup }: BackendTrial, path: string, sha256: string): readonly string[] =>
  present(setup.launches.checkInput, "Staging is native, so the setup has to give a launch `checkInput`.")(path, sha256);

/** A simulated backend whose nodes read no files says so by publishing none. */
export const readsInputs = ({ capabilities, launches }: BackendTrial["setup"]): string | undefined =>
  capabilities.simulated && !launches.checkInput ? "The simulated nodes read no input files." : undefined;

/** The last report on a lease, however it ends. */
export async function endOf(trial: BackendTrial, ref: LeaseRef): Promise<StatusReport> {
  await trial.untilVisible();
  return trial.time.until(
    async () => {
      const report = await trial.report(ref);
      must(report.kind === "status", `inspect says "${ref.key}" is gone, which nobody released.`);
      return report.phase === "exited" || report.phase === "ended" ? report : undefined;
    },
    { limitMs: trial.limits.startMs + trial.limits.runMs, everyMs: trial.pollMs, what: "The lease has to come to an end" },
  );
}
