import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { ArtifactStore } from "../../spec/artifact-store.js";

/** The writing verbs of a store that only reads: each refuses, saying so. `list` answers nothing, since nothing of ours is there. */
export function readOnlyVerbs(scheme: string): Pick<ArtifactStore, "write" | "put" | "copy" | "remove" | "list"> {
  const refuse = async (): Promise<never> => {
    throw new SchedulerError(
      "INVALID_WORKLOAD",
      `\`${scheme}:\` addresses can only be read. Name a place that can be written, such as an \`s3:\` or \`file:\` address.`,
      { details: { field: "uri" } },
    );
  };
  return { write: false, put: refuse, copy: refuse, remove: refuse, list: async () => [] };
}
