import { describe, expect, it } from "vitest";
import { noneVerifier } from "../../../../src/core/verification/none.js";
import { quorumVerifier } from "../../../../src/core/verification/quorum.js";
import { expectedReplicas, verifierFor } from "../../../../src/core/verification/verifier-for.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import type { Workload } from "../../../../src/model/workload.js";
import type { CandidateResult, Verdict, Verifier } from "../../../../src/spec/verifier.js";

const workload: Workload = {
  kind: "batch",
  command: ["true"],
  env: {},
  secrets: {},
  secretsTo: "trusted",
  resources: { cpu: 1, memoryMiB: 512, diskMiB: 512 },
  inputs: {},
  outputs: { out: { optional: false } },
  data: { sensitivity: "public", residency: [], certifications: [], agreements: [], tee: [] },
  expectedDurationMs: 60_000,
  timeoutMs: 600_000,
  latency: "batch",
  interruptible: true,
  priority: 0,
  verification: { kind: "quorum", maxErrorProbability: 1e-3, maxReplicas: 7 },
  labels: {},
  backendOptions: {},
  task: {},
};

const output = (digest: string, member = "") => ({
  path: "out",
  member,
  sha256: digest.repeat(64).slice(0, 64),
  size: 1,
  uri: `file:///${digest}/${member}`,
});

/** A result of an operator of its own, unless one is named. */
const result = (
  attempt: number,
  digest: string,
  wrongProbability = 0.05,
  operator: string | undefined = `op-${attempt}`,
): CandidateResult => ({
  attempt,
  wrongProbability,
  node: { backend: "market", node: `n-${attempt}`, ...(operator === "unknown" ? {} : { operator }) },
  manifest: { version: 1, exitCode: 0, outputs: [output(digest)] },
});

const quorum = quorumVerifier({ maxErrorProbability: 1e-3, maxReplicas: 7 });
const judge = (results: readonly CandidateResult[], pending = 0): Verdict => {
  const verdict = quorum.judge(workload, results, pending);
  if (verdict instanceof Promise) throw new Error("quorum judges at once");
  return verdict;
};

describe("plan", () => {
  it("starts with as many independent operators as a unanimous answer needs", () => {
    expect(quorum.plan(workload, 0.05)).toEqual({ replicas: 3, distinct: "operator" });
    expect(quorum.plan(workload, 0.002)).toEqual({ replicas: 2, distinct: "operator" });
    expect(quorum.plan(workload, 1e-5)).toEqual({ replicas: 1, distinct: "operator" });
    expect(quorum.plan(workload, 0.5)).toEqual({ replicas: 7, distinct: "operator" });
  });
});

describe("judge", () => {
  it("accepts a unanimous margin of three at phi 0.05 and not one of two", () => {
    expect(judge([result(1, "a"), result(2, "a")])).toEqual({ kind: "more", replicas: 1 });
    const verdict = judge([result(1, "a"), result(2, "a"), result(3, "a")]);
    expect(verdict).toMatchObject({ kind: "accept", winner: 1, agreed: [1, 2, 3], wrong: [] });
    expect(verdict.kind === "accept" && verdict.errorProbability).toBeCloseTo(0.05 ** 3 / (0.05 ** 3 + 0.95 ** 3), 9);
  });

  it("outvotes a liar and blames him", () => {
    const verdict = judge([result(1, "b"), result(2, "a"), result(3, "a"), result(4, "a"), result(5, "a")]);
    expect(verdict).toMatchObject({ kind: "accept", winner: 2, agreed: [2, 3, 4, 5], wrong: [1] });
    expect(judge([result(1, "b"), result(2, "a"), result(3, "a"), result(4, "a")])).toEqual({ kind: "more", replicas: 1 });
  });

  it("takes a trusted node's word, alone and against a stranger's", () => {
    expect(judge([result(1, "a", 1e-4)])).toMatchObject({ kind: "accept", winner: 1, agreed: [], wrong: [] });
    expect(judge([result(1, "b", 0.2), result(2, "a", 1e-5)])).toMatchObject({ kind: "accept", winner: 2, agreed: [], wrong: [1] });
  });

  it("counts agreeing machines of one operator, and unknown operators of one backend, as one voice", () => {
    for (const operator of ["same", "unknown"]) {
      const verdict = judge([1, 2, 3, 4].map((attempt) => result(attempt, "a", 0.05, operator)));
      expect(verdict).toEqual({ kind: "more", replicas: 2 });
    }
  });

  it("lets one operator's worst machine speak for him", () => {
    expect(judge([result(1, "a", 1e-5, "op"), result(2, "a", 0.2, "op")]).kind).toBe("more");
  });

  it("gives a caught node no vote", () => {
    expect(judge([result(1, "a"), result(2, "a"), result(3, "a", 0.5)])).toEqual({ kind: "more", replicas: 1 });
  });

  it("rejects without blame when the limit is reached undecided, but not while results are pending", () => {
    const split = [1, 2, 3].flatMap((i) => [result(i, "a"), result(i + 3, "b")]);
    expect(judge([...split, result(7, "c")], 1).kind).toBe("more");
    const verdict = judge([...split, result(7, "c")]);
    expect(verdict).toMatchObject({ kind: "reject", wrong: [] });
    expect(verdict.kind === "reject" && verdict.reason).toBe(
      "7 results (3 : 3 : 1) do not settle the answer within the limit of 7 replicas at an error of 0.001",
    );
  });

  it("never asks for more than the limit allows", () => {
    const split = [result(1, "a"), result(2, "b"), result(3, "c"), result(4, "d"), result(5, "e"), result(6, "f")];
    expect(judge(split)).toEqual({ kind: "more", replicas: 1 });
  });

  it("asks for what is missing before there is any result", () => {
    expect(judge([])).toMatchObject({ kind: "more" });
    expect(judge([], 2)).toMatchObject({ kind: "more" });
  });

  it("compares every output, whatever the order and wherever they are stored", () => {
    const with2 = (attempt: number, outputs: CandidateResult["manifest"]["outputs"]): CandidateResult => ({
      ...result(attempt, "a", 0.02),
      manifest: { version: 1, exitCode: 0, outputs },
    });
    const one = [output("a", "x"), output("b", "y")];
    const moved = [{ ...output("b", "y"), uri: "s3://elsewhere" }, output("a", "x")];
    expect(judge([with2(1, one), with2(2, moved)]).kind).toBe("accept");
    expect(judge([with2(1, one), with2(2, [output("a", "x"), output("c", "y")])]).kind).toBe("more");
    expect(judge([with2(1, one), with2(2, [output("a", "x")])]).kind).toBe("more");
    expect(judge([with2(1, one), with2(2, [output("a", "y"), output("b", "x")])]).kind).toBe("more");
  });
});

describe("none", () => {
  it("takes the first success and earns nobody credit", () => {
    expect(noneVerifier.plan(workload, 0.2)).toEqual({ replicas: 1, distinct: "none" });
    expect(noneVerifier.judge(workload, [result(2, "b", 0.2), result(1, "a", 0.1)], 0)).toEqual({
      kind: "accept",
      winner: 1,
      errorProbability: 0.1,
      agreed: [],
      wrong: [],
    });
    expect(noneVerifier.judge(workload, [], 0)).toEqual({ kind: "more", replicas: 1 });
  });
});

describe("verifierFor", () => {
  it("finds the verifier by the request", () => {
    expect(verifierFor({ kind: "none" })).toBe(noneVerifier);
    expect(verifierFor({ kind: "quorum", maxErrorProbability: 0.01, maxReplicas: 3 }).plan(workload, 0.05).replicas).toBe(2);
    const own: Verifier = { ...noneVerifier, name: "own" };
    expect(verifierFor({ kind: "custom", name: "own", options: {} }, new Map([["own", own]]))).toBe(own);
  });

  it("refuses a custom verifier that is not configured, and says which are", () => {
    const attempt = (custom?: ReadonlyMap<string, Verifier>): unknown => {
      try {
        return verifierFor({ kind: "custom", name: "zk", options: {} }, custom);
      } catch (thrown) {
        return thrown;
      }
    };
    const error = attempt(new Map([["own", noneVerifier]]));
    expect(SchedulerError.isInstance(error) && error.code).toBe("INVALID_WORKLOAD");
    expect(SchedulerError.isInstance(error) && error.details.field).toBe("verification.name");
    expect(String(error)).toContain('known: "own"');
    expect(String(attempt())).toContain("none is");
    expect(SchedulerError.isInstance(attempt(new Map()))).toBe(true);
  });
});

describe("expectedReplicas", () => {
  it("is one unchecked result without a quorum", () => {
    expect(expectedReplicas({ kind: "none" }, 0.2)).toEqual({ expected: 1, errorProbability: 0.2, undecidedProbability: 0 });
  });

  it("agrees with what the quorum verifier buys from liars who agree", () => {
    const request = { kind: "quorum", maxErrorProbability: 1e-3, maxReplicas: 7 } as const;
    const phi = 0.05;
    // All histories of up to seven results, each weighed by its probability.
    let expected = 0;
    let wrong = 0;
    let undecided = 0;
    const walk = (results: readonly CandidateResult[], probability: number): void => {
      const verdict = results.length === 0 ? undefined : judge(results);
      if (verdict === undefined || verdict.kind === "more") {
        expected += probability;
        const attempt = results.length + 1;
        walk([...results, result(attempt, "a", phi)], probability * (1 - phi));
        walk([...results, result(attempt, "b", phi)], probability * phi);
      } else if (verdict.kind === "reject") undecided += probability;
      else if (results[verdict.winner - 1]?.manifest.outputs[0]?.sha256.startsWith("b")) wrong += probability;
    };
    walk([], 1);
    const formula = expectedReplicas(request, phi);
    // Groups are judged by credibility, which also allows for all answers being wrong: a shade stricter than the margin.
    expect(formula.expected / expected).toBeGreaterThan(0.97);
    expect(formula.expected / expected).toBeLessThan(1.001);
    expect(wrong).toBeLessThan(1e-3);
    expect(undecided).toBeGreaterThan(0.002);
    expect(Math.abs(formula.undecidedProbability - undecided)).toBeLessThan(0.002);
  });
});
