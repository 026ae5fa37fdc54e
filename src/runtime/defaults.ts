/** What a scheduler uses when nothing is said. The one place where the runtime knows concrete stores. */

import { fileStore } from "../data/file/index.js";
import type { ArtifactStore } from "../spec/artifact-store.js";
import type { Store } from "../spec/store.js";
import { memoryStore } from "../stores/memory/index.js";

export const defaultStore = (): Store => memoryStore();

export const defaultArtifacts = (): readonly ArtifactStore[] => [fileStore({ directory: ".spillway/artifacts" })];
