import type { ArtifactClause } from "./clauses/clause-type.js";
import { grantingClauses } from "./clauses/granting.js";
import { movingClauses } from "./clauses/moving.js";
import { partingClauses } from "./clauses/parting.js";
import { readingClauses } from "./clauses/reading.js";
import { staticClauses } from "./clauses/statics.js";
import { storingClauses } from "./clauses/storing.js";

/** Everything the contract of writable artifact stores demands, in the order in which it is tested. */
export const ARTIFACT_CLAUSES: readonly ArtifactClause[] = [
  ...staticClauses,
  ...storingClauses,
  ...readingClauses,
  ...movingClauses,
  ...grantingClauses,
  ...partingClauses,
];
