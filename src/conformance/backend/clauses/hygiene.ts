import { isErrorCode } from "../../../model/errors/codes.js";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../../model/lease.js";
import { Secret } from "../../../model/secret.js";
import type { Launch, Placement } from "../../../spec/launch.js";
import { Inapplicable, must, shown } from "../../clause.js";
import type { FaultyVerb } from "../fault-control.js";
import { watchOutsideWorld } from "../outside-world.js";
import { leakedIn } from "../recorded-texts.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, movesBetweenProcesses } from "./clause-type.js";
import { lasting } from "./lasting.js";

/** Everything in a case that must never be seen, and a launch that holds it. */
function secretLaunch(trial: BackendTrial): { readonly secrets: readonly string[]; readonly launch: Partial<Launch> } {
  const token = `tok-${trial.host.randomHex(12)}/+ x`;
  const password = `pwd-${trial.host.randomHex(12)}`;
  const registry = { server: "registry.example", username: "robot", password: new Secret(password) };
  return {
    secrets: [token, password, trial.namespace.secret],
    launch: { secrets: { API_TOKEN: new Secret(token) }, ...(trial.setup.image === undefined ? {} : { registry }) },
  };
}

/** Lives through all verbs in peace. Answers everything that the backend answered. */
async function wholeLife(trial: BackendTrial, launch: Partial<Launch> = {}): Promise<readonly unknown[]> {
  const answers: unknown[] = [await trial.offers()];
  const partials: unknown[] = [];
  const progress = async (partial: unknown): Promise<void> => void partials.push(partial);
  const { lease, placement } = await trial.bound(trial.setup.launches.succeed(), { launch }, { progress });
  answers.push(lease, await trial.finding(placement.key), await trial.list());
  answers.push(await trial.untilExited(lease.ref));
  await trial.release(lease.ref);
  answers.push(await trial.report(lease.ref), await trial.finding(placement.key));
  return [...answers, ...partials];
}

/** Lets every verb fail in every way that the setup can bring about, each on an offer that still holds and a lease that is open. */
async function provokeErrors(trial: BackendTrial, launch: Partial<Launch>): Promise<void> {
  const offer = await trial.offer();
  const capped = trial.placement(trial.setup.launches.succeed(), { launch, offer, priceCapUsdPerHour: offer.price.usdPerHour / 1_000 });
  await trial.answer("bind", Promise.allSettled([trial.begin(trial.bindOf(await capped))]), trial.limits.bindMs);
  let ref: LeaseRef | undefined;
  for (const fault of trial.setup.faults ?? []) {
    ref ??= (await trial.bound(lasting(trial), { launch })).ref;
    const placement = await trial.placement(trial.setup.launches.succeed(), { launch });
    for (const [verb, make] of Object.entries(callsOf(trial, placement, ref))) {
      const controller = new AbortController();
      trial.underTest.faults?.inject(fault, verb as FaultyVerb, 1_000);
      const call = trial.begin(make(controller.signal));
      const limitMs = verb === "bind" ? trial.limits.bindMs : trial.limits.answerMs;
      const settling = trial.time.settle(call, Math.min(limitMs, 10_000), verb);
      await settling.then(
        (answer) => {
          if (verb === "release" && answer === "released") ref = undefined;
        },
        () => {},
      );
      controller.abort(new SchedulerError("BACKEND_TIMEOUT", "The call took longer than its deadline."));
      await trial.answer(`An aborted ${verb}`, Promise.allSettled([call]), trial.limits.abortMs);
      trial.underTest.faults?.clear();
    }
  }
}

type Calls = Partial<Record<FaultyVerb, (signal: AbortSignal) => Promise<unknown>>>;

function callsOf(trial: BackendTrial, placement: Placement, ref: LeaseRef): Calls {
  const intent = { key: ref.key, intendedAtMs: trial.host.now() };
  return {
    listOffers: (signal) => trial.backend.listOffers(trial.setup.demand, trial.call({ signal })),
    bind: (signal) => trial.bindOf(placement, { signal }),
    find: (signal) => trial.backend.find([intent], trial.call({ signal })),
    inspect: (signal) => trial.backend.inspect([ref], trial.call({ signal })),
    listLeases: (signal) => trial.backend.listLeases(trial.call({ signal })),
    // Last: what answers in spite of the fault has ended the lease.
    release: (signal) => trial.backend.release(ref, { graceMs: 0 }, trial.call({ signal })),
  };
}

export const hygieneClauses: readonly BackendClause[] = [
  {
    id: "backend/hygiene/errors-have-codes",
    rule: "Whatever verbs reject with is a SchedulerError with a code of the list, or the reason of an abort.",
    run: async (trial) => {
      await provokeErrors(trial, {});
      if (trial.errors.length === 0) throw new Inapplicable("The setup cannot make any verb fail.");
      for (const error of trial.errors) {
        must(SchedulerError.isInstance(error), `A verb rejected with something that is no SchedulerError: ${shown(String(error))}.`);
        must(isErrorCode(error.code), `A verb rejected with the unknown code ${shown(error.code)}.`);
      }
    },
  },
  {
    id: "backend/hygiene/no-secrets-in-errors",
    rule: "No error gives a secret away: not its message, details, causes or stack.",
    run: async (trial) => {
      const { secrets, launch } = secretLaunch(trial);
      await provokeErrors(trial, launch);
      if (trial.errors.length === 0) throw new Inapplicable("The setup cannot make any verb fail.");
      for (const error of trial.errors) {
        must(leakedIn(error, secrets).length === 0, `An error with the message ${shown(messageOf(error, secrets))} gives a secret away.`);
      }
    },
  },
  {
    id: "backend/hygiene/no-secrets-in-logs",
    rule: "Nothing that is logged gives a secret away, in peace or trouble.",
    run: async (trial) => {
      const { secrets, launch } = secretLaunch(trial);
      await wholeLife(trial, launch);
      await provokeErrors(trial, launch);
      for (const line of trial.log.lines) must(leakedIn(line, secrets).length === 0, "A line in the log gives a secret away.");
    },
  },
  {
    id: "backend/hygiene/no-secrets-in-answers",
    rule: "Offers, leases, references, findings and reports hold no secret: they are stored.",
    run: async (trial) => {
      const { secrets, launch } = secretLaunch(trial);
      for (const answer of await wholeLife(trial, launch)) must(leakedIn(answer, secrets).length === 0, "An answer holds a secret.");
    },
  },
  {
    id: "backend/hygiene/no-timers-left",
    rule: "Once everything is released and the backend is closed, no timer of its is set.",
    run: async (trial) => {
      await wholeLife(trial);
      await trial.backend.close?.();
      trial.isClosed = true;
      trial.expect(trial.host.openTimers(), "timers that are still set").toBe(0);
    },
  },
  {
    id: "backend/hygiene/close-is-idempotent",
    rule: "Closing it twice is fine.",
    run: async (trial) => {
      if (!trial.backend.close) throw new Inapplicable("The backend has no `close`.");
      await trial.offers();
      trial.isClosed = true;
      await trial.answer("close", trial.backend.close());
      await trial.answer("a second close", trial.backend.close());
    },
  },
  {
    id: "backend/hygiene/close-keeps-leases",
    rule: "Closing it frees what is local and leaves leases as they are.",
    proves: "affinity",
    inapplicable: movesBetweenProcesses,
    run: async (trial) => {
      const other = await trial.another();
      const { ref } = await trial.bound(lasting(trial));
      await trial.untilPhase(ref, ["running"]);
      trial.isClosed = true;
      await trial.backend.close?.();
      await trial.time.elapse(trial.limits.observeMs / 10);
      trial.expect(await trial.listedKeys({ backend: other }), "what another process lists afterwards").toEqual([ref.key]);
      const report = await trial.report(ref, { backend: other });
      must(report.kind === "status" && report.phase === "running", `After the close the lease is ${shown(report)}.`);
    },
  },
  {
    id: "backend/hygiene/only-the-given-host",
    rule: "Time, timers and random numbers come from the given host; the platform's own are not used.",
    run: async (trial) => {
      const watch = watchOutsideWorld(() => trial.host.isAtWork());
      try {
        await wholeLife(trial);
      } finally {
        watch.end();
      }
      trial.expect(watch.uses, "uses of the platform's clock, timers and random numbers").toEqual([]);
    },
  },
];

/** The message for people, which must not itself give the secret away. */
const messageOf = (error: unknown, secrets: readonly string[]): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret, "[secret]"), error instanceof Error ? error.message : String(error));
