import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import { type ArtifactSaboteur, saboteur, withParts } from "./saboteur.js";

export const partingSaboteurs: readonly ArtifactSaboteur[] = [
  saboteur("artifacts/parts/fewer-than-planned", "gives the URLs in the wrong order", (store) =>
    withParts(store, (parted) => ({
      partUrls: async (upload, ttlMs, options) => [...(await parted.partUrls(upload, ttlMs, options))].reverse(),
    })),
  ),
  saboteur("artifacts/parts/nothing-before-the-end", "forgets to drop the parts", (store) =>
    withParts(store, () => ({ abort: async () => {} })),
  ),
  saboteur("artifacts/parts/gaps-are-refused", "does not look at how many parts were announced", (store) =>
    withParts(store, (parted) => ({ complete: (upload, { parts: _, ...options }) => parted.complete(upload, options) })),
  ),
  saboteur("artifacts/parts/completed-once", "knows nothing of uploads that are complete", (store) => {
    const done = new Set<string>();
    return withParts(store, (parted) => ({
      complete: async (upload, options) => {
        if (done.has(upload.uploadId)) throw new SchedulerError("STAGING_FAILED", "There is no such upload.");
        const stat = await parted.complete(upload, options);
        done.add(upload.uploadId);
        return stat;
      },
    }));
  }),
  saboteur("artifacts/parts/are-listed", "lists all uploads of the bucket", (store) =>
    withParts(store, (parted) => ({ list: (_prefix, options) => parted.list(store.workspace ?? "", options) })),
  ),
];
