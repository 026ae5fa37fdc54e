import type { ResultManifest } from "../model/artifact.js";
import type { NodeIdentity } from "../model/offer.js";
import type { Workload } from "../model/workload.js";

/** A successful attempt's result, as a verifier sees it. */
export interface CandidateResult {
  readonly attempt: number;
  readonly manifest: ResultManifest;
  readonly node: NodeIdentity;
  /** Probability that this node's next result is wrong, from its history: phi of `docs/node-scoring.md`. */
  readonly wrongProbability: number;
}

/** How many attempts to begin with, and what must differ between them. */
export interface ReplicaPlan {
  readonly replicas: number;
  /** Replicas must not share it; unknown operators of one backend count as the same one. */
  readonly distinct: "operator" | "node" | "none";
}

/** What a verifier makes of the results so far. */
export type Verdict =
  | {
      readonly kind: "accept";
      readonly winner: number;
      /** Probability that the winner is wrong, as far as the model knows. */
      readonly errorProbability: number;
      /** Attempts whose results confirmed each other; their nodes earn credit. Empty when nothing was compared. */
      readonly agreed: readonly number[];
      /** Attempts whose results are taken to be wrong; their nodes lose credit. */
      readonly wrong: readonly number[];
    }
  /** So many further results are needed, those of pending attempts included. At least 1. */
  | { readonly kind: "more"; readonly replicas: number }
  | { readonly kind: "reject"; readonly reason: string; readonly wrong: readonly number[] };

/** Decides whether results can be accepted. Deterministic: the same results give the same verdict. */
export interface Verifier {
  readonly name: string;
  /** Called before the first placement. `wrongProbability`: of the node most likely to be used. */
  plan(workload: Workload, wrongProbability: number): ReplicaPlan;
  /** Called whenever an attempt has succeeded; `pending` attempts may still succeed. */
  judge(workload: Workload, results: readonly CandidateResult[], pending: number): Verdict | Promise<Verdict>;
}
