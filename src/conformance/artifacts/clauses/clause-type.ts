import type { Clause } from "../../clause.js";
import type { ArtifactConformanceSetup } from "../setup.js";
import type { ArtifactTrial } from "../trial.js";

export type ArtifactClause = Clause<ArtifactTrial, ArtifactConformanceSetup>;

export const needsUrls = ({ urls }: ArtifactConformanceSetup): string | undefined =>
  urls === "none" ? "The store's URLs cannot be tried in this setup." : undefined;

export const needsSignedUrls = ({ urls }: ArtifactConformanceSetup): string | undefined =>
  urls === "signed" ? undefined : "The store's URLs are not signed.";

export const needsVersions = ({ versions }: ArtifactConformanceSetup): string | undefined =>
  versions === true ? undefined : "The store tells no versions.";

export const needsParts = ({ parted }: ArtifactConformanceSetup): string | undefined =>
  parted === true ? undefined : "The store has no uploads in parts.";
