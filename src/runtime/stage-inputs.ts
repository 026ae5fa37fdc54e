import { type StagingMode, sourceOf } from "../data/staging/index.js";
import type { Workload } from "../model/workload.js";
import type { StagedInput } from "../spec/launch.js";
import type { EngineContext } from "./engine-context.js";

/** The inputs of an attempt as URLs that live as long as it does. Copies that they need are made first. */
export async function stageInputs(
  context: EngineContext,
  workload: Pick<Workload, "inputs">,
  mode: StagingMode,
  ttlMs: number,
): Promise<readonly StagedInput[]> {
  const { artifacts } = context;
  const { host } = context.options;
  const staged: StagedInput[] = [];
  for (const [path, input] of Object.entries(workload.inputs)) {
    const { sha256, size, stagedUri } = input;
    const uri = sourceOf(input, mode === "native", artifacts.stores);
    if (uri === stagedUri) await context.copies.ensure(path, input, { host });
    const url = await artifacts.storeFor(uri).readUrl(uri, ttlMs, { host, ...(sha256 === undefined ? {} : { sha256 }) });
    staged.push({ path, url, ...(sha256 === undefined ? {} : { sha256 }), ...(size === undefined ? {} : { size }) });
  }
  return staged;
}
