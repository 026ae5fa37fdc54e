import { gcpBatchSetup } from "./gcp-batch-setup.js";
import { wholeSuite } from "./whole-suite.js";

/** What does not apply: staging by the backend, reuse, partial references, reported charges, and faults of offers, for which nobody is asked. */
const INAPPLICABLE = [
  "bind/(progress|stops|urls)",
  "find/half-made",
  "staging/",
  "runner/",
  "reuse/",
  "money/(never-falls|open-charges|final-after|reports-are)",
  "lifetime/timeout",
  "faults/(offers|silence-is-not-an-empty-market)",
];

wholeSuite(gcpBatchSetup, INAPPLICABLE);
