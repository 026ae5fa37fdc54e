import { manifestFromLog, readStatus } from "../../../kit/runner/index.js";
import type { LeaseRef, LeaseReport } from "../../../model/lease.js";
import { Inapplicable, must, present, shown } from "../../clause.js";
import { type Depot, openDepot } from "../depot.js";
import { required } from "../native-files.js";
import { leakedIn } from "../recorded-texts.js";
import type { BackendConformanceSetup, ContainersUnderTest } from "../setup.js";
import type { BackendTrial } from "../trial.js";
import { containersOf, HASTE, startAttempt, type WrappedAttempt, wrapAttempt } from "../wrapped-attempt.js";
import { type BackendClause, hasLogs } from "./clause-type.js";

const HOUR_MS = 3_600_000;
/** By the runner's clock, which goes {@link HASTE} times as fast. */
const SHORT_MS = 15_000;
const HOLD_MS = 40_000;

/** Waits for something that the case's commands bring about. */
const until = (trial: BackendTrial, what: string, isSo: () => boolean | Promise<boolean>): Promise<true> =>
  trial.time.until(async () => ((await isSo()) ? true : undefined), {
    limitMs: trial.limits.startMs + trial.limits.runMs,
    everyMs: trial.pollMs,
    what,
  });

const isSuccess = (report: LeaseReport): boolean => report.kind === "status" && report.phase === "exited" && report.exitCode === 0;

/** All that a lease's log holds until it ends, or `enough` of it. */
async function logUntil(trial: BackendTrial, ref: LeaseRef, enough: (text: string) => boolean): Promise<string> {
  const stop = new AbortController();
  const call = trial.call({ signal: stop.signal, limitMs: trial.limits.startMs + trial.limits.runMs });
  let text = "";
  const read = async (): Promise<string> => {
    for await (const chunk of present(trial.backend.logs, "There is no `logs`.").call(trial.backend, ref, call)) {
      text += chunk.text;
      if (enough(text)) break;
    }
    return text;
  };
  try {
    return await trial.time.settle(read(), trial.limits.startMs + trial.limits.runMs, "logs");
  } finally {
    stop.abort(new Error("The log is not needed any more."));
  }
}

/** Every signature in the URLs that an attempt holds. */
const signaturesOf = (attempt: WrappedAttempt): readonly string[] =>
  Object.values(attempt.launch.secrets).flatMap((secret) =>
    [...secret.reveal().matchAll(/X-Amz-Signature=([0-9a-f]{64})/g)].map(([, signature]) => signature ?? ""),
  );

const terminates = ({ containers }: BackendConformanceSetup): string | undefined =>
  containers?.terminates === false ? "The platform kills containers without a signal before." : undefined;

/** The other side, where it starts again what it has killed. */
function restarting(trial: BackendTrial): Required<Pick<ContainersUnderTest, "starts" | "restart">> {
  const { starts, restart } = containersOf(trial);
  if (!restart) throw new Inapplicable("The setup has no `restart`: the platform starts nothing again.");
  return { starts, restart };
}

/** Two containers at once, each with a file of its own. */
async function two(trial: BackendTrial, depot: Depot) {
  const script = 'echo "$1" >"$SPILLWAY_ROOT/out"';
  const first = await startAttempt(trial, depot, { script, args: ["of the first"], outputs: [required("/out")] });
  const second = await startAttempt(trial, depot, { script, args: ["of the second"], outputs: [required("/out")] });
  return { first, second };
}

/** Part of `runnerClauses`: how attempts end, and what becomes of them when something does not go on as planned. */
export const runnerLifeClauses: readonly BackendClause[] = [
  {
    id: "backend/runner/manifest-is-the-evidence",
    rule: "How the command ended stands in the attempt's own manifest, and no report says otherwise.",
    run: async (trial) => {
      const attempt = await startAttempt(trial, await openDepot(trial), { script: "hit ran; exit 7" });
      const { exitCode, nonce } = await attempt.untilManifest();
      trial.expect([exitCode, nonce], "exit code and nonce of the manifest").toEqual([7, attempt.expected.nonce]);
      trial.expect(attempt.traces(), "number of times that the command ran").toBe(1);
      const report = await trial.report(attempt.ref);
      const told = report.kind === "status" && report.phase === "exited" ? report.exitCode : undefined;
      must(told === undefined || told === 7, `The command ended with 7, and it is reported as ${shown(report)}.`);
    },
  },
  {
    id: "backend/runner/manifest-is-in-the-log",
    rule: "The line in which the runner prints its manifest comes through `logs` whole.",
    inapplicable: hasLogs,
    run: async (trial) => {
      const outputs = Array.from({ length: 12 }, (_, index) => required(`/out/part-${index}`));
      const script = 'for n in 0 1 2 3 4 5 6 7 8 9 10 11; do echo "$n" >"$SPILLWAY_ROOT/out/part-$n"; done; echo printed; exit 3';
      const { ref, expected, untilManifest } = await startAttempt(trial, await openDepot(trial), { script, outputs });
      const manifest = await untilManifest();
      const found = await logUntil(trial, ref, (text) => manifestFromLog(text, expected) !== undefined);
      trial.expect(manifestFromLog(found, expected), "the manifest in the log").toEqual(manifest);
      must(/^.*printed\r?$/m.test(found), "What the command printed is not in the log.");
    },
  },
  {
    id: "backend/runner/status-port-answers",
    rule: "Where a status port is declared, reports on a running container name an endpoint at which its runner answers.",
    inapplicable: ({ capabilities }) => (capabilities.statusPort === undefined ? "`statusPort` is not declared." : undefined),
    run: async (trial) => {
      const { backend, underTest } = trial;
      const depot = await openDepot(trial);
      const attempt = await startAttempt(trial, depot, { script: "hit ran; exit 4" });
      await attempt.untilManifest();
      const endpoint = await trial.time.until(
        async () => {
          const report = await trial.report(attempt.ref);
          return report.kind === "status" ? report.endpoint : undefined;
        },
        { limitMs: trial.limits.startMs, everyMs: trial.pollMs, what: "A report has to name an endpoint, since `statusPort` is declared" },
      );
      const question = { ...attempt.expected, backend: backend.id, endpoint, token: attempt.token };
      const finished = await trial.time.until(
        async () => {
          const status = await readStatus(question, { ...trial.call(), host: underTest.host }).catch(() => undefined);
          return status?.phase === "finished" ? status : undefined;
        },
        {
          limitMs: trial.limits.answerMs,
          everyMs: trial.pollMs,
          what: "The runner has to say at the reported endpoint that it has finished",
        },
      );
      trial.expect(finished.manifest?.exitCode, "exit code that the runner tells").toBe(4);
    },
  },
  {
    id: "backend/runner/attempts-are-apart",
    rule: "Two attempts at the same time write each to their own places, and the URLs of one open nothing of the other.",
    run: async (trial) => {
      const depot = await openDepot(trial);
      const { first, second } = await two(trial, depot);
      const texts = [];
      for (const attempt of [first, second]) {
        trial.expect(await attempt.failure(), "code of a failure").toBe(undefined);
        texts.push(new TextDecoder().decode(attempt.output("/out")));
      }
      trial.expect(texts, "what each of them stored").toEqual(["of the first\n", "of the second\n"]);
      const url = await depot.store.readUrl(first.places.manifest, HOUR_MS, { host: trial.underTest.host });
      const other = url.replace(encodeURI(first.key), encodeURI(second.key));
      const statuses = [];
      for (const address of [url, other]) statuses.push((await fetch(address)).status);
      trial.expect(statuses, "answers to a URL of the first, and to the same with the second's name").toEqual([200, 403]);
      const foreign = depot.server.log.filter(({ status }) => status === 403);
      trial.expect(foreign.length, "refused requests: ours and no other").toBe(1);
    },
  },
  {
    id: "backend/runner/runs-once-though-restarted",
    rule: "A container that the platform starts again after the attempt has ended does not run the command again.",
    inapplicable: ({ capabilities }) => (capabilities.exitCode ? "The platform tells exit codes, and starts nothing again." : undefined),
    run: async (trial) => {
      const depot = await openDepot(trial);
      const containers = restarting(trial);
      const attempt = await startAttempt(trial, depot, { script: "hit ran; exit 6" });
      await attempt.untilManifest();
      await containers.restart(attempt.key);
      await until(trial, "Another container has to be started", async () => (await containers.starts(attempt.key)) > 1);
      const asked = (): boolean => depot.requests("GetObject", attempt.places.manifest).length > 0;
      await until(trial, "It has to ask for the manifest or to run the command", () => asked() || attempt.traces() > 1);
      await trial.time.elapse(trial.limits.observeMs);
      trial.expect(attempt.traces(), "number of times that the command ran").toBe(1);
      trial.expect(attempt.manifest()?.exitCode, "exit code in the manifest").toBe(6);
    },
  },
  {
    id: "backend/runner/restart-in-the-middle-starts-afresh",
    rule: "A container that is killed while it works is started again with all it needs, and the attempt comes to its end.",
    inapplicable: ({ capabilities }) => (capabilities.exitCode ? "The platform tells exit codes, and starts nothing again." : undefined),
    run: async (trial) => {
      const depot = await openDepot(trial);
      const containers = restarting(trial);
      const input = { path: "/in/flag", url: await depot.publish("inputs/flag", "go") };
      const script = 'hit ran; [ "$(cat "$SPILLWAY_ROOT/in/flag")" = end ] || sleep 3600; echo x >"$SPILLWAY_ROOT/out"';
      const attempt = await startAttempt(trial, depot, { script, inputs: [input], outputs: [required("/out")] });
      await until(trial, "The command has to start", () => attempt.traces() > 0);
      await depot.publish("inputs/flag", "end");
      await containers.restart(attempt.key);
      trial.expect(await attempt.failure(), "code of a failure").toBe(undefined);
      trial.expect(attempt.traces(), "number of times that the command ran").toBe(2);
    },
  },
  {
    id: "backend/runner/hold-is-bounded",
    rule: "A container whose work is done stays up, so that nothing is started again, and no longer than its lifetime.",
    inapplicable: ({ capabilities }) => (capabilities.exitCode ? "The platform tells exit codes: nothing is held up." : undefined),
    run: async (trial) => {
      const fromMs = trial.host.monotonic();
      const attempt = await startAttempt(trial, await openDepot(trial), { script: "hit ran", launch: { maxLifetimeMs: HOLD_MS } });
      await attempt.untilManifest();
      const isOver = async (): Promise<boolean> =>
        (await trial.hasEnded(attempt.key)) || (await containersOf(trial).starts(attempt.key)) > 1;
      await until(trial, "The container has to end by itself at its lifetime", isOver);
      const heldMs = trial.host.monotonic() - fromMs;
      must(heldMs >= HOLD_MS / HASTE, `The container ended after ${heldMs} ms, with its command, so that the platform starts it again.`);
    },
  },
  {
    id: "backend/runner/timeout-ends-the-command",
    rule: "A command that runs into its timeout is ended, and the manifest tells of WORKLOAD_TIMED_OUT.",
    run: async (trial) => {
      const attempt = await startAttempt(trial, await openDepot(trial), { script: "hit ran; sleep 3600", launch: { timeoutMs: SHORT_MS } });
      trial.expect(await attempt.failure(), "code of the failure that the manifest tells of").toBe("WORKLOAD_TIMED_OUT");
    },
  },
  {
    id: "backend/runner/lifetime-ends-the-command",
    rule: "Work that would go on after the lifetime is ended by its own container, whatever becomes of us.",
    run: async (trial) => {
      const launch = { timeoutMs: HOUR_MS, maxLifetimeMs: SHORT_MS * 2 };
      const attempt = await startAttempt(trial, await openDepot(trial), { script: "hit ran; sleep 3600", launch });
      const { ended } = await attempt.untilManifest();
      trial.expect(ended, "what ended the command, by the manifest").toBe("signal");
    },
  },
  {
    id: "backend/runner/release-reaches-the-command",
    rule: "At a release the command gets SIGTERM, and time to act on it.",
    inapplicable: terminates,
    run: async (trial) => {
      const script = "trap 'sleep 1; hit told; exit 0' TERM; hit ran; while :; do sleep 0.05; done";
      const attempt = await startAttempt(trial, await openDepot(trial), { script, traces: ["ran", "told"] });
      await until(trial, "The command has to start", () => attempt.traces() > 0);
      const release = (): Promise<string> => trial.answer("release", trial.backend.release(attempt.ref, { graceMs: 10_000 }, trial.call()));
      await trial.time.until(async () => ((await release()) === "released" ? true : undefined), {
        limitMs: trial.limits.releaseMs,
        everyMs: trial.pollMs,
        what: "The release has to come to an end",
      });
      trial.expect(attempt.traces("told"), "number of times that the command was told").toBe(1);
    },
  },
  {
    id: "backend/runner/killed-while-storing-is-no-success",
    rule: "A container that is ended while it stores its outputs leaves nothing that looks like a success.",
    run: async (trial) => {
      const depot = await openDepot(trial);
      const cut = { kind: "reset", done: false } as const;
      depot.server.inject({ operation: "PutObject", key: /\/node\/output-0$/, times: 1_000, fault: cut });
      const attempt = await startAttempt(trial, depot, { script: 'echo x >"$SPILLWAY_ROOT/out"; hit ran', outputs: [required("/out")] });
      const isStoring = (): boolean => depot.server.log.some(({ key, status }) => key.endsWith("/node/output-0") && status === 0);
      await until(trial, "The runner has to try to store the output", isStoring);
      const before = await trial.report(attempt.ref);
      await trial.release(attempt.ref);
      await trial.time.elapse(trial.limits.observeMs);
      const { failure = undefined, ended = undefined } = attempt.manifest() ?? { failure: {} };
      must(failure !== undefined || ended !== undefined, "A manifest says that all went well, though an output was never stored.");
      for (const report of [before, await trial.report(attempt.ref)]) must(!isSuccess(report), `It is reported as ${shown(report)}.`);
    },
  },
  {
    id: "backend/runner/urls-stay-secret",
    rule: "The signed URLs of an attempt are in no answer, error or log line of ours, and in nothing that the container prints.",
    run: async (trial) => {
      const depot = await openDepot(trial);
      const input = { path: "/in/gone", url: await depot.publish("inputs/gone", "x", "expired") };
      const attempt = await wrapAttempt(trial, depot, { script: "hit ran", inputs: [input], outputs: [required("/out")] });
      const signatures = signaturesOf(attempt);
      must(signatures.length >= 4, "The suite found no signatures to look for.");
      const parts = { key: attempt.key, launch: attempt.launch };
      const offer = await trial.offer();
      const dear = await trial.placement(attempt.launch.argv, { ...parts, offer, priceCapUsdPerHour: offer.price.usdPerHour / 1_000 });
      if (offer.price.usdPerHour > 0) await trial.failure("A bind above its cap", trial.bindOf(dear), trial.limits.bindMs);
      const { lease, ref } = await trial.bound(attempt.launch.argv, { ...parts, offer });
      await attempt.untilManifest();
      const printed = trial.backend.logs ? await logUntil(trial, ref, (text) => manifestFromLog(text, attempt.expected) !== undefined) : "";
      const answers = [lease, await trial.report(ref), await trial.finding(attempt.key), await trial.list(), attempt.manifest()];
      await trial.release(ref);
      answers.push(await trial.report(ref));
      const places = { "an answer": answers, "an error": trial.errors, "our log": trial.log.lines, "the container's log": [printed] };
      for (const [place, values] of Object.entries(places)) {
        for (const value of values) must(leakedIn(value, signatures).length === 0, `A signed URL is in ${place}.`);
      }
    },
  },
];
