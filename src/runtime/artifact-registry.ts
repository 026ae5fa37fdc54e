import {
  type AttemptPlaces,
  attemptPlaces,
  farWorkspace,
  nameOf,
  nearWorkspace,
  schemeOf,
  storeOf,
  type Workspace,
} from "../data/staging/index.js";
import { joinUri } from "../kit/transfer/index.js";
import type { OutputArtifact } from "../model/artifact.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { ArtifactStore } from "../spec/artifact-store.js";

/** Finds the store for a URI, and knows where attempts write. */
export class ArtifactRegistry {
  readonly stores: readonly ArtifactStore[];

  constructor(stores: readonly ArtifactStore[]) {
    this.stores = stores;
  }

  /** @throws ARTIFACT_NOT_FOUND when no store reads the scheme. */
  storeFor(uri: string): ArtifactStore {
    const store = storeOf(uri, this.stores);
    if (store === undefined) {
      throw new SchedulerError(
        "ARTIFACT_NOT_FOUND",
        `No artifact store reads "${schemeOf(uri) ?? uri}:" addresses. Add one to the scheduler's \`artifacts\`.`,
        { details: { field: "artifacts" } },
      );
    }
    return store;
  }

  has(uri: string): boolean {
    return storeOf(uri, this.stores) !== undefined;
  }

  /** The store that keeps outputs which this process collects. @throws INVALID_CONFIG */
  get workspace(): Workspace<ArtifactStore> {
    const store = nearWorkspace(this.stores);
    if (store !== undefined) return store;
    throw new SchedulerError(
      "INVALID_CONFIG",
      "No writable artifact store is configured: add one such as `fileStore({ directory })` to `artifacts`.",
      { details: { field: "artifacts" } },
    );
  }

  /** The store into which machines elsewhere write. @throws INVALID_CONFIG */
  get farWorkspace(): Workspace<ArtifactStore> {
    const store = farWorkspace(this.stores);
    if (store !== undefined) return store;
    throw new SchedulerError(
      "INVALID_CONFIG",
      "No artifact store hands out URLs to which machines elsewhere can write: add one such as `s3({ bucket })` to `artifacts`.",
      { details: { field: "artifacts" } },
    );
  }

  /** Prefix of an attempt whose outputs this process collects. */
  attemptPrefix(runId: string, key: string): string {
    return attemptPlaces(this.workspace.workspace, runId, key).prefix;
  }

  /** Places of an attempt that runs elsewhere; nothing outside of them can be written by that attempt. */
  farPlaces(runId: string, key: string, outputs: readonly string[]): AttemptPlaces {
    return attemptPlaces(this.farWorkspace.workspace, runId, key, outputs);
  }

  async close(): Promise<void> {
    for (const store of this.stores) await store.close?.();
  }
}

/** Where a file of an accepted output belongs; `undefined`: it stays where it is. Below a URI that ends in `/` a single file keeps its name. */
export function destinationOf(output: OutputArtifact, uri: string | undefined): string | undefined {
  if (uri === undefined) return undefined;
  if (output.member === "") return uri.endsWith("/") ? joinUri(uri, nameOf(output)) : uri;
  return joinUri(withSlash(uri), output.member);
}

/** Where the files of an accepted archive belong: below its destination, else beside it, where no name of theirs can clash with its own. */
export const unpackedBase = ({ uri }: OutputArtifact, destination: string | undefined): string =>
  destination === undefined ? `${uri.slice(0, uri.lastIndexOf("/"))}/files/` : withSlash(destination);

const withSlash = (uri: string): string => (uri.endsWith("/") ? uri : `${uri}/`);
