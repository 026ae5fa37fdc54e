import type { Verifier } from "../../spec/verifier.js";

/**
 * Takes the first success as it is. The error probability is the node's phi. Nothing was compared, so `agreed` is empty: an
 * unchecked result must not raise a node's credit.
 */
export const noneVerifier: Verifier = {
  name: "none",
  plan: () => ({ replicas: 1, distinct: "none" }),
  judge(_workload, results) {
    const [first, ...rest] = results;
    if (first === undefined) return { kind: "more", replicas: 1 };
    const winner = rest.reduce((earliest, result) => (result.attempt < earliest.attempt ? result : earliest), first);
    return { kind: "accept", winner: winner.attempt, errorProbability: winner.wrongProbability, agreed: [], wrong: [] };
  },
};
