/** Artifacts as files of this machine. */
export { type FileStoreOptions, fileStore } from "./file-store.js";
