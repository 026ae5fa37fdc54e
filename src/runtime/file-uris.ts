import { fileUriOf } from "../kit/transfer/index.js";
import type { Workload } from "../model/workload.js";

const HAS_SCHEME = /^[a-z][a-z0-9+.-]*:/i;

/**
 * The workload with `file:` URIs where the caller wrote paths of this machine, relative ones counted from the working directory
 * of this process: a workload is stored, and whoever takes it up later may stand elsewhere. A trailing slash stays, since it
 * marks a directory.
 */
export function withFileUris(workload: Workload): Workload {
  return { ...workload, inputs: located(workload.inputs), outputs: located(workload.outputs) };
}

function located<F extends { readonly uri?: string }>(files: Readonly<Record<string, F>>): Readonly<Record<string, F>> {
  const entries = Object.entries(files);
  if (entries.every(([, { uri }]) => uri === undefined || HAS_SCHEME.test(uri))) return files;
  return Object.fromEntries(
    entries.map(([path, file]) => [
      path,
      file.uri === undefined || HAS_SCHEME.test(file.uri) ? file : { ...file, uri: fileUriOf(file.uri) },
    ]),
  );
}
