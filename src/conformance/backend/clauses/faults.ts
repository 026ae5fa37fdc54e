import type { LeaseRef } from "../../../model/lease.js";
import { must, shown } from "../../clause.js";
import { type BackendClause, canSuffer } from "./clause-type.js";
import { lasting } from "./lasting.js";
import {
  abortedMidway,
  canBeSilenced,
  failing,
  failingBind,
  failsWithCode,
  leavesNothing,
  leavesSomethingToFind,
  under,
  underSilence,
} from "./under-faults.js";

export const faultClauses: readonly BackendClause[] = [
  {
    id: "backend/faults/bind-request-lost",
    rule: "A bind whose request is lost rejects with effect `none` or `unknown`, and nothing is left to be found.",
    inapplicable: canSuffer("request-lost", "bind"),
    run: async (trial) => leavesNothing(trial, await failingBind(trial, "request-lost")),
  },
  {
    id: "backend/faults/bind-answer-lost",
    rule: "A bind whose answer is lost rejects with effect `unknown`; `find` finds what it made, and it can be released.",
    inapplicable: canSuffer("answer-lost", "bind"),
    run: async (trial) => leavesSomethingToFind(trial, await failingBind(trial, "answer-lost")),
  },
  {
    id: "backend/faults/bind-again-after-lost-answer",
    rule: "Bound again after a lost answer, with the same key, it takes up what was made and makes no second one.",
    inapplicable: canSuffer("answer-lost", "bind"),
    run: async (trial) => {
      const { placement } = await failingBind(trial, "answer-lost");
      await trial.bind(placement);
      await trial.untilVisible();
      trial.expect(await trial.listedKeys(), "what listLeases shows").toEqual([placement.key]);
      const count = await trial.openCount();
      if (count !== undefined) trial.expect(count, "number of things open at the other side").toBe(1);
    },
  },
  {
    id: "backend/faults/bind-server-error",
    rule: "A bind that meets a server error rejects with BACKEND_UNAVAILABLE, and nothing is left to be found.",
    inapplicable: canSuffer("server-error", "bind"),
    run: async (trial) => {
      const failed = await failingBind(trial, "server-error");
      trial.expect(failed.code, "the error's code").toBe("BACKEND_UNAVAILABLE");
      await leavesNothing(trial, failed);
    },
  },
  {
    id: "backend/faults/bind-server-error-after-effect",
    rule: "A bind that had its effect before a server error says `unknown`, and `find` finds it.",
    inapplicable: canSuffer("server-error-after-effect", "bind"),
    run: async (trial) => leavesSomethingToFind(trial, await failingBind(trial, "server-error-after-effect")),
  },
  {
    id: "backend/faults/bind-malformed",
    rule: "A bind that had its effect and whose answer cannot be read says BACKEND_RESPONSE_INVALID and `unknown`, and `find` finds it.",
    inapplicable: canSuffer("malformed", "bind"),
    run: async (trial) => {
      const failed = await failingBind(trial, "malformed");
      trial.expect(failed.code, "the error's code").toBe("BACKEND_RESPONSE_INVALID");
      await leavesSomethingToFind(trial, failed);
    },
  },
  {
    id: "backend/faults/bind-rate-limited",
    rule: "A bind refused for too many calls rejects with BACKEND_RATE_LIMITED, effect `none`, and how long to wait.",
    inapplicable: canSuffer("rate-limited", "bind"),
    run: async (trial) => {
      const { effect, details } = await failsWithCode(trial, "rate-limited", "bind", "BACKEND_RATE_LIMITED");
      trial.expect(effect, "the error's effect").toBe("none");
      const { retryAfterMs } = details;
      must(typeof retryAfterMs === "number" && retryAfterMs > 0, `\`details.retryAfterMs\` is ${shown(retryAfterMs)}.`);
      await trial.nothingOpen("after a refused bind");
    },
  },
  {
    id: "backend/faults/bind-unauthorized",
    rule: "A bind whose credentials are refused rejects with BACKEND_AUTH_FAILED and effect `none`.",
    inapplicable: canSuffer("unauthorized", "bind"),
    run: async (trial) => {
      const { effect } = await failsWithCode(trial, "unauthorized", "bind", "BACKEND_AUTH_FAILED");
      trial.expect(effect, "the error's effect").toBe("none");
      await trial.nothingOpen("after a refused bind");
    },
  },
  {
    id: "backend/faults/bind-aborted-midway",
    rule: "A bind that is aborted while the answer is on its way rejects promptly with the reason; what it made can be found and released.",
    inapplicable: canSuffer("slow", "bind"),
    run: async (trial) => {
      const placement = await trial.placement(lasting(trial));
      let partial: LeaseRef | undefined;
      const progress = async (ref: LeaseRef): Promise<void> => {
        partial = ref;
      };
      await abortedMidway(trial, "bind", (signal) => trial.bindOf(placement, { signal, progress }));
      // What was under way may still arrive; nobody waits for it, and it must not stay behind.
      await trial.time.elapse(trial.time.isVirtual ? 5 * 60_000 : trial.limits.observeMs);
      const finding = await trial.finding(placement.key, partial);
      if (finding.kind === "bound") await trial.release(finding.lease.ref);
      if (finding.kind === "partial") await trial.release(finding.ref);
      await trial.nothingOpen("after an aborted bind");
    },
  },
  {
    id: "backend/faults/offers-aborted-midway",
    rule: "`listOffers` that is aborted while the answer is on its way rejects promptly with the reason.",
    inapplicable: canSuffer("slow", "listOffers"),
    run: (trial) => abortedMidway(trial, "listOffers", (signal) => trial.backend.listOffers(trial.setup.demand, trial.call({ signal }))),
  },
  {
    id: "backend/faults/offers-rate-limited",
    rule: "`listOffers` refused for too many calls rejects with BACKEND_RATE_LIMITED.",
    inapplicable: canSuffer("rate-limited", "listOffers"),
    run: async (trial) => void (await failsWithCode(trial, "rate-limited", "listOffers", "BACKEND_RATE_LIMITED")),
  },
  {
    id: "backend/faults/offers-malformed",
    rule: "`listOffers` whose answer cannot be read rejects with BACKEND_RESPONSE_INVALID.",
    inapplicable: canSuffer("malformed", "listOffers"),
    run: async (trial) => void (await failsWithCode(trial, "malformed", "listOffers", "BACKEND_RESPONSE_INVALID")),
  },
  {
    id: "backend/faults/offers-unauthorized",
    rule: "`listOffers` whose credentials are refused rejects with BACKEND_AUTH_FAILED.",
    inapplicable: canSuffer("unauthorized", "listOffers"),
    run: async (trial) => void (await failsWithCode(trial, "unauthorized", "listOffers", "BACKEND_AUTH_FAILED")),
  },
  {
    id: "backend/faults/silence-is-not-an-empty-market",
    rule: "When the other side cannot be heard `listOffers` rejects; it does not say that there are no offers.",
    inapplicable: canBeSilenced("listOffers"),
    run: (trial) =>
      underSilence(trial, async (fault) => {
        await failing(trial, fault, "listOffers", (signal) => trial.backend.listOffers(trial.setup.demand, trial.call({ signal })));
      }),
  },
  {
    id: "backend/faults/silence-is-not-absence",
    rule: "When the other side cannot be heard `find` rejects or says `unknown`, never `absent`.",
    inapplicable: canBeSilenced("find"),
    run: async (trial) => {
      const { placement } = await trial.bound(lasting(trial));
      const intent = { key: placement.key, intendedAtMs: trial.host.now() };
      await underSilence(trial, async (fault) => {
        const outcome = await under(trial, fault, "find", (signal) => trial.backend.find([intent], trial.call({ signal })));
        const kinds = "answer" in outcome ? outcome.answer.map(({ kind }) => kind) : [];
        must(
          kinds.every((kind) => kind === "unknown" || kind === "bound"),
          `Under "${fault}" find says ${shown(kinds)}.`,
        );
      });
    },
  },
  {
    id: "backend/faults/silence-is-not-the-end",
    rule: "When the other side cannot be heard `inspect` rejects or says `unknown`, never that the lease is over.",
    inapplicable: canBeSilenced("inspect"),
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await underSilence(trial, async (fault) => {
        const outcome = await under(trial, fault, "inspect", (signal) => trial.backend.inspect([ref], trial.call({ signal })));
        if (!("answer" in outcome)) return;
        const [report] = outcome.answer;
        const isOver = report?.kind === "gone" || (report?.kind === "status" && (report.phase === "ended" || report.phase === "exited"));
        must(!isOver, `Under "${fault}" inspect says ${shown(report)}.`);
      });
    },
  },
  {
    id: "backend/faults/inspect-malformed",
    rule: "When the answer cannot be read `inspect` rejects with BACKEND_RESPONSE_INVALID or says `unknown`.",
    inapplicable: canSuffer("malformed", "inspect"),
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      const outcome = await under(trial, "malformed", "inspect", (signal) => trial.backend.inspect([ref], trial.call({ signal })));
      const said = "answer" in outcome ? outcome.answer[0]?.kind : outcome.code;
      must(said === "unknown" || said === "BACKEND_RESPONSE_INVALID", `For an answer that cannot be read inspect says ${shown(said)}.`);
    },
  },
  {
    id: "backend/faults/silence-is-not-an-empty-list",
    rule: "When the other side cannot be heard `listLeases` rejects; it does not leave leases out.",
    inapplicable: canBeSilenced("listLeases"),
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await underSilence(trial, async (fault) => {
        const outcome = await under(trial, fault, "listLeases", (signal) => trial.backend.listLeases(trial.call({ signal })));
        const isWhole = !("answer" in outcome) || outcome.answer.some(({ key }) => key === ref.key);
        must(isWhole, `Under "${fault}" listLeases answers without the lease that exists.`);
      });
    },
  },
  {
    id: "backend/faults/silence-is-not-a-release",
    rule: "When the other side cannot be heard `release` rejects or says `pending`, never `released`; asked again it releases.",
    inapplicable: canBeSilenced("release"),
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await underSilence(trial, async (fault) => {
        const outcome = await under(trial, fault, "release", (signal) =>
          trial.backend.release(ref, { graceMs: 0 }, trial.call({ signal })),
        );
        must(!("answer" in outcome) || outcome.answer === "pending", `Under "${fault}" release says ${shown(outcome)}.`);
      });
      await trial.release(ref);
      await trial.nothingOpen("after the release");
    },
  },
  {
    id: "backend/faults/release-answer-lost",
    rule: "A release whose answer was lost is `released` when it is asked for again.",
    inapplicable: canSuffer("answer-lost", "release"),
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await under(trial, "answer-lost", "release", (signal) => trial.backend.release(ref, { graceMs: 0 }, trial.call({ signal })));
      await trial.release(ref);
      await trial.nothingOpen("after the second release");
    },
  },
  {
    id: "backend/faults/recovers",
    rule: "After a fault has passed, the same instance works as before.",
    inapplicable: canSuffer("server-error", "bind"),
    run: async (trial) => {
      for (let count = 0; count < 2; count += 1) await leavesNothing(trial, await failingBind(trial, "server-error"));
      const { ref } = await trial.bound(lasting(trial));
      await trial.untilPhase(ref, ["running"]);
      await trial.release(ref);
      await trial.nothingOpen("after the release");
    },
  },
];
