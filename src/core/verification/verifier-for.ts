import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { VerificationRequest } from "../../model/workload.js";
import type { Verifier } from "../../spec/verifier.js";
import { boundedMargin, marginFor } from "./margin.js";
import { noneVerifier } from "./none.js";
import { quorumVerifier } from "./quorum.js";

/**
 * The verifier that a request names. Custom ones come from the scheduler's `verifiers` option, by name.
 *
 * @throws INVALID_WORKLOAD when a custom verifier is not configured.
 */
export function verifierFor(request: VerificationRequest, custom?: ReadonlyMap<string, Verifier>): Verifier {
  switch (request.kind) {
    case "none":
      return noneVerifier;
    case "quorum":
      return quorumVerifier(request);
    case "custom": {
      const verifier = custom?.get(request.name);
      if (verifier !== undefined) return verifier;
      const known = [...(custom?.keys() ?? [])].map((name) => `"${name}"`).join(", ");
      throw new SchedulerError(
        "INVALID_WORKLOAD",
        `verification asks for the verifier "${request.name}", which is not configured; ${known === "" ? "none is" : `known: ${known}`}. Add it to the scheduler's \`verifiers\` option.`,
        { details: { field: "verification.name" } },
      );
    }
  }
}

/** What verification does to a result's cost. */
export interface ReplicaExpectation {
  /** Expected number of results bought (`E[N]`). */
  readonly expected: number;
  /** Probability that an accepted answer is wrong (`err`). */
  readonly errorProbability: number;
  /** Probability that the limit of replicas is reached without a verdict. */
  readonly undecidedProbability: number;
}

/**
 * Expected replicas and error when all nodes have this `phi`, with the limit of replicas taken into account. A custom
 * verifier's plan is its own; count its `plan().replicas` instead: here it is taken as one unchecked result.
 */
export function expectedReplicas(request: VerificationRequest, phi: number): ReplicaExpectation {
  if (request.kind !== "quorum") return { expected: 1, errorProbability: phi, undecidedProbability: 0 };
  const { expected, right, wrong, undecided } = boundedMargin(phi, marginFor(phi, request.maxErrorProbability), request.maxReplicas);
  const decided = right + wrong;
  return { expected, errorProbability: decided > 0 ? wrong / decided : 0, undecidedProbability: undecided };
}
