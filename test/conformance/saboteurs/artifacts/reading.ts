import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import { type ArtifactSaboteur, saboteur, whole } from "./saboteur.js";

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

export const readingSaboteurs: readonly ArtifactSaboteur[] = [
  saboteur("artifacts/read/missing", "gives nothing for what is not there", (store) => ({
    ...store,
    read: async (uri, options) =>
      store.read(uri, options).catch((error: unknown) => {
        if (SchedulerError.isInstance(error) && error.code === "ARTIFACT_NOT_FOUND") return nothing();
        throw error;
      }),
  })),
  saboteur("artifacts/read/holds-to-a-digest", "does not look at digests", (store) => ({
    ...store,
    read: (uri, { sha256: _, ...options }) => store.read(uri, options),
  })),
  saboteur("artifacts/read/never-mixes", "reads in pieces that it asks for one by one", (store) => ({
    ...store,
    read: async (uri, options) => {
      const first = (await whole(await store.read(uri, options))).subarray(0, 1_000);
      return (async function* () {
        yield first;
        yield (await whole(await store.read(uri, options))).subarray(1_000);
      })();
    },
  })),
  saboteur("artifacts/read/aborts", "does not look at the signal", (store) => ({
    ...store,
    read: (uri, { signal: _, ...options }) => store.read(uri, options),
  })),
  saboteur("artifacts/stat/size-and-digest", "takes a folder for an object", (store) => ({
    ...store,
    stat: async (uri, options) => {
      const stat = await store.stat(uri, options);
      return stat ?? ((await store.list(`${uri}/`, options)).length > 0 ? { size: 0 } : undefined);
    },
  })),
  saboteur("artifacts/versions/tell-objects-apart", "takes the size for the version", (store) => ({
    ...store,
    stat: async (uri, options) => {
      const stat = await store.stat(uri, options);
      return stat && { ...stat, version: String(stat.size) };
    },
  })),
  saboteur("artifacts/versions/are-heeded", "copies whatever is there", (store) => ({
    ...store,
    copy: (from, to, { ifVersion: _, ...options }) => store.copy(from, to, options),
  })),
];
