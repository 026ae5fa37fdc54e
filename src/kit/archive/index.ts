/** Reading archives that strangers have packed. Not an entry of the package. */
export { type ArchiveProblem, ArchiveRefused } from "./archive-refused.js";
export { readTar, type TarEntry } from "./read-tar.js";
export { type ArchiveTree, readTree, type TakeFile, type TreeLimits, type UnpackedFile } from "./read-tree.js";
