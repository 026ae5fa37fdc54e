import type { VerificationRequest } from "../../model/workload.js";
import { expectedReplicas, type ReplicaExpectation } from "../verification/verifier-for.js";

const MOST_KEPT = 50_000;

/** Expected replicas by request and phi: the walk behind them is too long to take for every offer of every decision. */
export class ReplicaMemo {
  readonly #byRequest = new Map<string, Map<number, ReplicaExpectation>>();
  #size = 0;

  of(request: VerificationRequest, phi: number): ReplicaExpectation {
    if (request.kind !== "quorum") return expectedReplicas(request, phi);
    const key = `${request.maxErrorProbability}/${request.maxReplicas}`;
    let byPhi = this.#byRequest.get(key);
    if (byPhi === undefined) {
      byPhi = new Map();
      this.#byRequest.set(key, byPhi);
    }
    let known = byPhi.get(phi);
    if (known === undefined) {
      if (this.#size >= MOST_KEPT) {
        this.#byRequest.clear();
        this.#size = 0;
        byPhi = new Map();
        this.#byRequest.set(key, byPhi);
      }
      known = expectedReplicas(request, phi);
      byPhi.set(phi, known);
      this.#size++;
    }
    return known;
  }
}
