import { modelClauses } from "./clauses/against-the-model.js";
import { atomicClauses } from "./clauses/atomic.js";
import { claimClauses } from "./clauses/claims.js";
import type { StoreClause } from "./clauses/clause-type.js";
import { commitClauses } from "./clauses/commit.js";
import { durabilityClauses } from "./clauses/durability.js";
import { historyClauses } from "./clauses/history.js";
import { keyClauses } from "./clauses/keys.js";
import { ledgerClauses } from "./clauses/ledger.js";
import { openingClauses } from "./clauses/opening.js";
import { purgeClauses } from "./clauses/purging.js";
import { readingClauses } from "./clauses/reading.js";
import { transactionClauses } from "./clauses/transactions.js";
import { watchingClauses } from "./clauses/watching.js";

/** Everything the store contract demands, in the order in which it is tested. */
export const STORE_CLAUSES: readonly StoreClause[] = [
  ...openingClauses,
  ...commitClauses,
  ...atomicClauses,
  ...modelClauses,
  ...claimClauses,
  ...ledgerClauses,
  ...keyClauses,
  ...historyClauses,
  ...readingClauses,
  ...watchingClauses,
  ...purgeClauses,
  ...durabilityClauses,
  ...transactionClauses,
];
