import type { ArtifactConformanceSetup, ArtifactsUnderTest } from "../../../../src/conformance/artifacts/index.js";
import type { ArtifactStore, PartedUploads } from "../../../../src/spec/artifact-store.js";
import { s3Setup } from "../../artifact-stores.js";

/** An artifact store that is wrong in exactly one way. */
export interface ArtifactSaboteur {
  /** The clause that must fail on it. */
  readonly clause: string;
  /** What it does wrong, as a sentence. */
  readonly wrong: string;
  readonly setup: ArtifactConformanceSetup;
}

/** A saboteur made from a right store; state of one case lives in the closure of `spoil`. */
export const saboteur = (
  clause: string,
  wrong: string,
  spoil: (store: ArtifactStore, underTest: ArtifactsUnderTest) => ArtifactStore,
): ArtifactSaboteur => ({
  clause,
  wrong,
  setup: s3Setup((underTest) => ({ ...underTest, store: spoil(underTest.store, underTest) })),
});

/** A store whose uploads in parts are changed. */
export const withParts = (store: ArtifactStore, change: (parted: PartedUploads) => Partial<PartedUploads>): ArtifactStore => {
  const { parted } = store;
  return parted === undefined ? store : { ...store, parted: { ...parted, ...change(parted) } };
};

export async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of source) pieces.push(piece);
  return Buffer.concat(pieces);
}
