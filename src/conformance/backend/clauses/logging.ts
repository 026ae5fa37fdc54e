import type { LeaseRef } from "../../../model/lease.js";
import type { CallContext } from "../../../spec/call-context.js";
import { must, present } from "../../clause.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, hasLogs } from "./clause-type.js";
import { lasting } from "./lasting.js";

const TEXT = Array.from({ length: 50 }, (_, index) => `line ${index}: äöü ☂ "quoted"`).join("\n");

/** All that the command printed, read until the stream ends by itself. */
async function readAll(trial: BackendTrial, ref: LeaseRef, call: CallContext): Promise<string> {
  let text = "";
  const logs = present(trial.backend.logs, "There is no `logs`.").call(trial.backend, ref, call);
  for await (const chunk of logs) if (chunk.stream === "stdout") text += chunk.text;
  // Platforms that keep logs line by line end the last one too, and some with a carriage return.
  return text.replaceAll("\r\n", "\n").replace(/\n$/, "");
}

function reading(trial: BackendTrial, ref: LeaseRef, what: string): Promise<string> {
  const limitMs = trial.limits.startMs + trial.limits.runMs;
  return trial.answer(what, readAll(trial, ref, trial.call({ limitMs })), limitMs);
}

const printing = ({ setup }: BackendTrial): readonly string[] =>
  present(setup.launches.print, "`logs` is declared, so the setup has to give a launch `print`.")(TEXT);

const clauses: readonly BackendClause[] = [
  {
    id: "backend/logs/from-the-beginning",
    rule: "Read after the command has ended, logs hold all that it printed, from the beginning, and end.",
    run: async (trial) => {
      const { ref } = await trial.bound(printing(trial));
      await trial.untilExited(ref);
      trial.expect(await reading(trial, ref, "logs"), "what the logs hold").toBe(TEXT);
    },
  },
  {
    id: "backend/logs/while-it-runs",
    rule: "Read before the command starts, logs follow it and end when it ends.",
    run: async (trial) => {
      const { ref } = await trial.bound(printing(trial));
      trial.expect(await reading(trial, ref, "logs"), "what the logs hold").toBe(TEXT);
    },
  },
  {
    id: "backend/logs/several-readers",
    rule: "Several readers, at the same time and later, get the same.",
    run: async (trial) => {
      const { ref } = await trial.bound(printing(trial));
      const limitMs = trial.limits.startMs + trial.limits.runMs;
      const readers = [1, 2].map(() => readAll(trial, ref, trial.call({ limitMs })));
      const texts = await trial.answer("two readers at once", Promise.all(readers), limitMs);
      trial.expect([...texts, await reading(trial, ref, "a later reader")], "what the readers got").toEqual([TEXT, TEXT, TEXT]);
    },
  },
  {
    id: "backend/logs/end-when-aborted",
    rule: "When the signal is aborted the stream ends promptly, though the command goes on.",
    run: async (trial) => {
      const { ref } = await trial.bound(lasting(trial));
      await trial.untilPhase(ref, ["running"]);
      const controller = new AbortController();
      const reason = new Error("no longer wanted");
      let error: unknown;
      const read = readAll(trial, ref, trial.call({ signal: controller.signal })).catch((thrown: unknown) => {
        error = thrown;
      });
      trial.begin(read).catch(() => {});
      await trial.time.elapse(trial.pollMs);
      controller.abort(reason);
      await trial.time.settle(read, trial.limits.abortMs, "An aborted stream of logs");
      must(error === undefined || error === reason, "An aborted stream of logs failed with something else than the signal's reason.");
    },
  },
];

/** Of backends alone that declare logs. */
export const loggingClauses: readonly BackendClause[] = clauses.map((clause) => ({ ...clause, proves: "logs", inapplicable: hasLogs }));
