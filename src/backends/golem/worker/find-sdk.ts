import { createRequire } from "node:module";
import { resolve } from "node:path";
import { importPeer } from "../../../kit/lazy-import.js";

/** The package that the thread loads. */
const SDK = "@golem-sdk/golem-js";

/**
 * Files from whose place the SDK can be loaded. Only looked up here, and loaded in its thread alone.
 *
 * @param from the option `sdkFrom`: looked at first
 * @throws DEPENDENCY_MISSING
 */
export async function findSdk(backend: string, from: string | undefined): Promise<readonly string[]> {
  const bases = [...(from === undefined ? [] : [resolve(from, "index.js"), resolve(from)]), ownFile(), resolve("index.js")];
  const found = bases.filter((base) => canResolve(base));
  if (found.length === 0) {
    const [base = resolve("index.js")] = bases;
    await importPeer(SDK, async () => createRequire(base).resolve(SDK), { subject: backend, option: "sdkFrom" });
  }
  return found;
}

/** Where this code lies: in CommonJS a variable, elsewhere the module's address. */
const ownFile = (): string => (typeof __filename === "string" ? __filename : import.meta.url);

function canResolve(base: string): boolean {
  try {
    createRequire(base).resolve(SDK);
    return true;
  } catch {
    return false;
  }
}
