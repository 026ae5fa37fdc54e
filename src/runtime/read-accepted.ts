import type { OutputArtifact } from "../model/artifact.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { EngineContext } from "./engine-context.js";

/**
 * Opens an output that was accepted. The last piece is given only if the bytes are those that were accepted.
 *
 * @throws OUTPUT_DIGEST_MISMATCH, also while reading, when they are others by now; ARTIFACT_NOT_FOUND when they are gone.
 */
export async function readAccepted(
  context: EngineContext,
  output: Pick<OutputArtifact, "uri" | "sha256" | "version">,
): Promise<AsyncIterable<Uint8Array>> {
  const { host } = context.options;
  const { uri, sha256, version } = output;
  const bytes = await context.artifacts
    .storeFor(uri)
    .read(uri, { host, sha256, ...(version === undefined ? {} : { ifVersion: version }) })
    .catch((thrown: unknown) => refuse(uri, thrown));
  return told(uri, bytes);
}

async function* told(uri: string, bytes: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  try {
    yield* bytes;
  } catch (thrown) {
    refuse(uri, thrown);
  }
}

/** A store speaks of inputs whenever a digest is wrong. */
function refuse(uri: string, thrown: unknown): never {
  if (!SchedulerError.isInstance(thrown) || thrown.code !== "INPUT_DIGEST_MISMATCH") throw thrown;
  throw new SchedulerError("OUTPUT_DIGEST_MISMATCH", `The bytes at ${uri} do not have the accepted digest: somebody changed them since.`, {
    cause: thrown,
    retry: "never",
  });
}
