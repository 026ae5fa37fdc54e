import type { NodeIdentity } from "../../model/offer.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { BatchApi } from "./client.js";
import type { Jobs } from "./jobs.js";
import type { JobNames } from "./names.js";
import type { ResolvedOptions } from "./options.js";
import type { PriceBook } from "./prices/price-book.js";
import type { RecentJobs } from "./recent-jobs.js";
import type { Terminator } from "./terminator.js";

/** What the verbs of one backend are made of. */
export interface Parts {
  readonly id: string;
  readonly options: ResolvedOptions;
  readonly region: string;
  readonly capabilities: Capabilities;
  readonly api: BatchApi;
  readonly jobs: Jobs;
  readonly terminator: Terminator;
  readonly names: JobNames;
  readonly prices: PriceBook;
  readonly recent: RecentJobs;
  /** Who runs every job: more is not known of the machine. */
  readonly node: NodeIdentity;
}
