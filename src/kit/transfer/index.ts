/** Moving files in and out, streaming and digested on the way. For backends that stage natively, artifact stores and simulators. */
export { abortable, platformSignal } from "./abort.js";
export { piecesOf, readPieces } from "./byte-source.js";
export { confinedPath, makeParents } from "./confine.js";
export { type Digest, type Digesting, digesting, sha256File } from "./digest.js";
export { type FetchedInput, type FetchInputOptions, fetchInput } from "./fetch-input.js";
export { fileUriOf, joinUri, pathOfFileUri } from "./file-url.js";
export { findOutputFiles, type OutputFile, type OutputSearch } from "./output-files.js";
export { type SendFileOptions, sendFile } from "./send-file.js";
export type { FetchLike, TransferSetting } from "./wire.js";
export { isTemporaryName, temporaryBeside, type WriteOptions, writeWhole } from "./write-file.js";
