import type { OutputArtifact } from "../model/artifact.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { ArtifactStore } from "../spec/artifact-store.js";

/** Finds the store for a URI, and knows where attempts write. */
export class ArtifactRegistry {
  readonly #stores: readonly ArtifactStore[];

  constructor(stores: readonly ArtifactStore[]) {
    this.#stores = stores;
  }

  /** @throws ARTIFACT_NOT_FOUND when no store reads the scheme. */
  storeFor(uri: string): ArtifactStore {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
    const store = this.#stores.find((candidate) => scheme !== undefined && candidate.schemes.includes(scheme));
    if (store === undefined) {
      throw new SchedulerError(
        "ARTIFACT_NOT_FOUND",
        `No artifact store reads "${scheme ?? uri}:" addresses. Add one to the scheduler's \`artifacts\`.`,
        { details: { field: "artifacts" } },
      );
    }
    return store;
  }

  has(uri: string): boolean {
    const scheme = /^([a-z][a-z0-9+.-]*):/i.exec(uri)?.[1]?.toLowerCase();
    return scheme !== undefined && this.#stores.some((store) => store.schemes.includes(scheme));
  }

  /** The store that keeps attempt outputs. @throws INVALID_CONFIG */
  get workspace(): ArtifactStore & { readonly workspace: string } {
    for (const store of this.#stores)
      if (store.write && store.workspace !== undefined) return store as ArtifactStore & { readonly workspace: string };
    throw new SchedulerError(
      "INVALID_CONFIG",
      "No writable artifact store is configured: add one such as `fileStore({ directory })` to `artifacts`.",
      { details: { field: "artifacts" } },
    );
  }

  /** Prefix of one attempt; nothing outside it can be written by that attempt. */
  attemptPrefix(runId: string, key: string): string {
    return `${this.workspace.workspace}${runId}/${key}/`;
  }

  async close(): Promise<void> {
    for (const store of this.#stores) await store.close?.();
  }
}

/** Where a file of an accepted output belongs; `undefined`: it stays where it is. Below a URI that ends in `/` a single file keeps its name. */
export function destinationOf(output: OutputArtifact, uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined;
  if (output.member === "") return uri.endsWith("/") ? `${uri}${encodeURIComponent(output.path.split("/").at(-1) ?? "")}` : uri;
  return `${uri.endsWith("/") ? uri : `${uri}/`}${output.member}`;
}
