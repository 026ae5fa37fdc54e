import { type ArchiveProblem, ArchiveRefused, readTree } from "../kit/archive/index.js";
import { digesting, joinUri } from "../kit/transfer/index.js";
import type { OutputArtifact } from "../model/artifact.js";
import type { ErrorCode } from "../model/errors/codes.js";
import { SchedulerError } from "../model/errors/scheduler-error.js";
import type { ArtifactStore } from "../spec/artifact-store.js";
import type { EngineContext } from "./engine-context.js";
import { readAccepted } from "./read-accepted.js";

type Archive = NonNullable<OutputArtifact["archive"]>;

/** Whose fault it is: what the command left behind is the workload's, an archive that no runner makes is the node's. */
const CODES: Readonly<Record<ArchiveProblem, ErrorCode>> = {
  malformed: "STAGING_FAILED",
  content: "OUTPUT_MISSING",
  limit: "OUTPUT_MISSING",
};

/**
 * Reads a directory that a node has stored as an archive, and compares what is in it with the claim. Nothing when that differs. The archive itself may be another
 * one of the same files: that of an earlier container of the attempt, which may be written only once and stays.
 *
 * @throws OUTPUT_MISSING when the directory holds what cannot be taken out of it; STAGING_FAILED when the archive is none.
 */
export async function checkedArchive(
  context: EngineContext,
  store: ArtifactStore,
  output: OutputArtifact,
  archive: Archive,
): Promise<OutputArtifact | undefined> {
  const { host } = context.options;
  const version = (await store.stat(output.uri, { host }))?.version;
  const { pieces, result } = digesting(
    await store.read(output.uri, { host, ...(version === undefined ? {} : { ifVersion: version }) }),
    host,
  );
  const { treeSha256, files } = await readTree(pieces, host).catch((thrown: unknown) => refuse(output.path, thrown));
  if (treeSha256 !== archive.treeSha256) return undefined;
  return {
    ...output,
    ...result(),
    archive: { ...archive, ...(files === undefined ? {} : { files: files.length }) },
    ...(version === undefined ? {} : { version }),
  };
}

/**
 * Takes an accepted archive apart, in one pass: each file is stored below `base`, which ends in `/`, links followed. Idempotent.
 *
 * @throws OUTPUT_DIGEST_MISMATCH when it is not what was accepted any more.
 */
export async function unpackArchive(context: EngineContext, output: OutputArtifact, base: string): Promise<readonly OutputArtifact[]> {
  const { host } = context.options;
  const store = context.artifacts.storeFor(base);
  const place = (member: string): string => joinUri(base, member);
  const tree = await readTree(await readAccepted(context, output), host, {
    take: (member, body) => store.put(place(member), { stream: body }, { host }),
  }).catch((thrown: unknown) => refuse(output.path, thrown));
  const unpacked: OutputArtifact[] = [];
  for (const { member, source, sha256, size } of tree.files ?? []) {
    if (member !== source) await store.copy(place(source), place(member), { host });
    unpacked.push({ path: output.path, member, uri: place(member), sha256, size });
  }
  return unpacked;
}

function refuse(path: string, thrown: unknown): never {
  if (!(thrown instanceof ArchiveRefused)) throw thrown;
  const advice = thrown.problem === "malformed" ? "It is not used." : "Write plain files below the declared path.";
  throw new SchedulerError(CODES[thrown.problem], `The output ${path} ${thrown.message}. ${advice}`, { details: { path } });
}
