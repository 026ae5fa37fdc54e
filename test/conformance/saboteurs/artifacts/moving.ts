import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import type { ArtifactStore } from "../../../../src/spec/artifact-store.js";
import { type ArtifactSaboteur, saboteur } from "./saboteur.js";

const absent = (error: unknown): void => {
  if (!SchedulerError.isInstance(error) || error.code !== "ARTIFACT_NOT_FOUND") throw error;
};

/** A store that tidies URIs up instead of refusing them. */
const tidying = (store: ArtifactStore): ArtifactStore => {
  const tidy = (uri: string): string => {
    const parts: string[] = [];
    for (const part of uri.replace(/%2e/gi, ".").split("/")) part === ".." ? parts.pop() : parts.push(part);
    return parts.join("/");
  };
  return { ...store, put: (uri, body, options) => store.put(tidy(uri), body, options) };
};

export const movingSaboteurs: readonly ArtifactSaboteur[] = [
  saboteur("artifacts/copy/whole-and-again", "moves instead of copying", (store) => ({
    ...store,
    copy: async (from, to, options) => {
      await store.copy(from, to, options);
      await store.remove(from, options);
    },
  })),
  saboteur("artifacts/copy/onto-itself", "makes room for a copy first", (store) => ({
    ...store,
    copy: async (from, to, options) => {
      await store.remove(to, options);
      await store.copy(from, to, options);
    },
  })),
  saboteur("artifacts/copy/missing", "says nothing when the source is missing", (store) => ({
    ...store,
    copy: (from, to, options) => store.copy(from, to, options).catch(absent),
  })),
  saboteur("artifacts/remove/this-one-and-again", "takes a name for a prefix", (store) => ({
    ...store,
    remove: async (uri, options) => {
      for (const found of await store.list(uri, options)) await store.remove(found, options);
    },
  })),
  saboteur("artifacts/list/everything-below-a-prefix", "lists one page", (store) => ({
    ...store,
    list: async (prefix, options) => (await store.list(prefix, options)).slice(0, 10),
  })),
  saboteur("artifacts/names/odd-ones-stay-apart", "takes a plus for a blank", (store) => ({
    ...store,
    put: (uri, body, options) => store.put(uri.replaceAll("%2B", "%20"), body, options),
    read: (uri, options) => store.read(uri.replaceAll("%2B", "%20"), options),
  })),
  saboteur("artifacts/names/none-climbs-out", "tidies URIs up", tidying),
];
