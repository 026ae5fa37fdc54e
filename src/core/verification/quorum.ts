import type { ResultManifest } from "../../model/artifact.js";
import type { NodeIdentity } from "../../model/offer.js";
import type { CandidateResult, Verdict, Verifier } from "../../spec/verifier.js";
import { errorProbability } from "./credibility.js";
import { marginFor } from "./margin.js";

export interface QuorumOptions {
  /** Accepted probability that the winner is wrong, in (0, 0.5). */
  readonly maxErrorProbability: number;
  /** Most results to buy. Without a verdict by then the results are rejected and nobody is blamed. */
  readonly maxReplicas: number;
}

/** Equal results, by the digests of all their outputs. */
interface Answer {
  readonly results: readonly CandidateResult[];
  /** One phi per operator behind it. */
  readonly phis: readonly number[];
}

/**
 * Compares the results of independent operators by the sha256 of all their outputs, and accepts the leading answer when it is
 * right with probability `1 - maxErrorProbability`, given each node's phi. For nodes of equal phi that is the margin rule.
 * Results of one operator that agree count as one voice. The verdict does not depend on the order of the results.
 *
 * `agreed` is empty when a single voice was good enough: nothing has been compared then.
 */
export function quorumVerifier(options: QuorumOptions): Verifier {
  const { maxErrorProbability, maxReplicas } = options;
  return {
    name: "quorum",
    plan: (_workload, wrongProbability) => ({
      replicas: Math.max(1, Math.min(maxReplicas, marginFor(wrongProbability, maxErrorProbability))),
      distinct: "operator",
    }),
    judge(_workload, results, pending): Verdict {
      const answers = answersOf(results);
      const [leader, ...others] = answers;
      const phis = answers.map((answer) => answer.phis);
      if (leader !== undefined) {
        const error = errorProbability(phis, 0);
        if (error <= maxErrorProbability) return acceptance(leader, others, error);
      }
      if (results.length >= maxReplicas && pending === 0) {
        return { kind: "reject", reason: undecided(results, answers, options), wrong: [] };
      }
      const missing = missingVoices(phis, results, maxErrorProbability, maxReplicas);
      return { kind: "more", replicas: Math.max(1, Math.min(maxReplicas - results.length, missing)) };
    },
  };
}

function acceptance(leader: Answer, others: readonly Answer[], error: number): Verdict {
  const agreed = attemptsOf(leader);
  return {
    kind: "accept",
    winner: agreed[0] ?? 0,
    errorProbability: error,
    agreed: leader.phis.length > 1 ? agreed : [],
    wrong: others.flatMap(attemptsOf).sort((a, b) => a - b),
  };
}

const attemptsOf = (answer: Answer): readonly number[] => answer.results.map((result) => result.attempt);

/** Answers, the most credible first; equally credible ones by their earliest attempt. */
function answersOf(results: readonly CandidateResult[]): readonly Answer[] {
  const byDigest = new Map<string, CandidateResult[]>();
  for (const result of [...results].sort((a, b) => a.attempt - b.attempt)) {
    const key = outputsKey(result.manifest);
    const same = byDigest.get(key);
    if (same === undefined) byDigest.set(key, [result]);
    else same.push(result);
  }
  const answers = [...byDigest.values()].map((same) => ({ results: same, phis: voices(same) }));
  const weight = (answer: Answer): number => answer.phis.reduce((sum, phi) => sum + voiceWeight(phi), 0);
  // Map keeps insertion order and sort is stable, so ties stay in order of the earliest attempt.
  return answers.sort((a, b) => weight(b) - weight(a));
}

/** Log odds of one voice; what {@link errorProbability} adds up. A voice of phi 0.5 or more weighs nothing. */
const voiceWeight = (phi: number): number => {
  const kept = Math.min(0.5, Math.max(1e-9, phi));
  return Math.log((1 - kept) / kept);
};

/** One phi per operator, the worst of its nodes': those who belong together may lie together. Sorted, so that sums do not depend on order. */
function voices(results: readonly CandidateResult[]): readonly number[] {
  const byOperator = new Map<string, number>();
  for (const { node, wrongProbability } of results) {
    const key = operatorKey(node);
    byOperator.set(key, Math.max(byOperator.get(key) ?? 0, wrongProbability));
  }
  return [...byOperator.values()].sort((a, b) => a - b);
}

/** Unknown operators of one backend count as one. */
const operatorKey = (node: NodeIdentity): string =>
  JSON.stringify(node.operator === undefined ? [node.backend] : [node.backend, node.operator]);

/** What two equal results have in common: path, member and digest of every output. */
function outputsKey(manifest: ResultManifest): string {
  // The bytes of an archive tell of its maker's clock and user; the digest of the tree in it tells of the result.
  const files = manifest.outputs.map(({ path, member, sha256, archive }) => JSON.stringify([path, member, archive?.treeSha256 ?? sha256]));
  return files.sort().join("\n");
}

/** Agreeing voices that the leader still needs, if they are as good as those seen so far (the worse half of them). At least 1. */
function missingVoices(phis: readonly (readonly number[])[], results: readonly CandidateResult[], maxError: number, most: number): number {
  const seen = results.map((result) => result.wrongProbability).filter((phi) => phi < 0.5);
  seen.sort((a, b) => a - b);
  const typical = seen[Math.floor(seen.length / 2)] ?? 0.2;
  const [leader = [], ...others] = phis;
  for (let missing = 1; missing < most; missing++) {
    const grown = [...leader, ...new Array<number>(missing).fill(typical)];
    if (errorProbability([grown, ...others], 0) <= maxError) return missing;
  }
  return most;
}

function undecided(results: readonly CandidateResult[], answers: readonly Answer[], options: QuorumOptions): string {
  const sizes = answers.map((answer) => answer.results.length).join(" : ");
  return `${results.length} results (${sizes}) do not settle the answer within the limit of ${options.maxReplicas} replicas at an error of ${options.maxErrorProbability}`;
}
