import { bindingClauses } from "./clauses/binding.js";
import { carryingClauses } from "./clauses/carrying.js";
import type { BackendClause } from "./clauses/clause-type.js";
import { faultClauses } from "./clauses/faults.js";
import { findingClauses } from "./clauses/finding.js";
import { hygieneClauses } from "./clauses/hygiene.js";
import { inspectingClauses } from "./clauses/inspecting.js";
import { loggingClauses } from "./clauses/logging.js";
import { moneyClauses } from "./clauses/money.js";
import { offerClauses } from "./clauses/offers.js";
import { releasingClauses } from "./clauses/releasing.js";
import { reusingClauses } from "./clauses/reusing.js";
import { runnerClauses } from "./clauses/running-under-the-runner.js";
import { stagingClauses } from "./clauses/staging.js";
import { staticClauses } from "./clauses/statics.js";

/** Everything the backend contract demands, in the order in which it is tested. */
export const BACKEND_CLAUSES: readonly BackendClause[] = [
  ...staticClauses,
  ...offerClauses,
  ...bindingClauses,
  ...carryingClauses,
  ...findingClauses,
  ...inspectingClauses,
  ...releasingClauses,
  ...stagingClauses,
  ...runnerClauses,
  ...loggingClauses,
  ...reusingClauses,
  ...moneyClauses,
  ...faultClauses,
  ...hygieneClauses,
];
