/** What a scheduler uses when nothing is said. The one place where the runtime knows concrete stores. */

import { fileStore } from "../data/file/index.js";
import type { ArtifactStore } from "../spec/artifact-store.js";
import type { Store } from "../spec/store.js";
import { memoryStore } from "../stores/memory/index.js";

const DIRECTORY = ".spillway/artifacts";

export const defaultStore = (): Store => memoryStore();

export const defaultArtifacts = (): readonly ArtifactStore[] => [fileStore({ directory: DIRECTORY })];

/**
 * The stores given, and with them the files of this machine, which are inputs and destinations like any other. Attempts are not kept there unless
 * a file store is named.
 */
export function withLocalFiles(stores: readonly ArtifactStore[]): readonly ArtifactStore[] {
  if (stores.some(({ schemes }) => schemes.includes("file"))) return stores;
  const { workspace: _, ...files } = fileStore({ directory: DIRECTORY, id: "local-files" });
  return [...stores, { ...files, write: false }];
}
