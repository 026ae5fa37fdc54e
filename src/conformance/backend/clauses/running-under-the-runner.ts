import { type BackendClause, hasContainers, isWrapped, unless } from "./clause-type.js";
import { runnerFileClauses } from "./runner-files.js";
import { runnerLifeClauses } from "./runner-life.js";

/** Of backends alone whose files are moved by the runner, and where commands really run. */
export const runnerClauses: readonly BackendClause[] = [...runnerFileClauses, ...runnerLifeClauses].map((clause) => ({
  ...clause,
  proves: "staging",
  inContainers: true,
  inapplicable: unless(isWrapped, hasContainers, clause.inapplicable ?? (() => undefined)),
}));
