import type { Clause } from "../../clause.js";
import type { StoreConformanceSetup } from "../setup.js";
import type { StoreTrial } from "../trial.js";

export type StoreClause = Clause<StoreTrial, StoreConformanceSetup>;
