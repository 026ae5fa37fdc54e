import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../../model/lease.js";
import type { StagedInput } from "../../../spec/launch.js";
import { must, present, shown } from "../../clause.js";
import {
  checking,
  collect,
  collecting,
  collectingWith,
  endOf,
  type Files,
  planFor,
  publishedInput,
  readsInputs,
  required,
  textsOf,
  wrote,
} from "../native-files.js";
import { oddFiles } from "../odd-files.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, exitCodesAreTrusted, hasRecordingLaunch, unless } from "./clause-type.js";

const copies = ({ launches }: BackendTrial["setup"]): string | undefined =>
  launches.copy ? undefined : "The setup has no launch that copies files.";

/** Binds a launch that records its run, with an input that cannot be had as promised, and answers with what that ended. */
async function refusedInput(trial: BackendTrial, input: StagedInput): Promise<{ readonly code: string | undefined; readonly key: string }> {
  const record = present(trial.setup.launches.record, "The setup has no launch that records what arrives.");
  const placement = await trial.placement(record(["ran"]), { launch: { inputs: [input] } });
  const [outcome] = await trial.answer("bind", Promise.allSettled([trial.bindOf(placement)]), trial.limits.bindMs);
  if (outcome.status === "fulfilled") return { code: (await endOf(trial, outcome.value.ref)).reason, key: placement.key };
  must(SchedulerError.isInstance(outcome.reason), "bind refused the input with something that is no SchedulerError.");
  return { code: outcome.reason.code, key: placement.key };
}

async function ranNever(trial: BackendTrial, key: string): Promise<void> {
  const received = present(trial.underTest.received, "`launches.record` is given, so `create` has to answer a `received`.");
  trial.expect((await received(key)).length, "number of times that the command ran").toBe(0);
}

/** Part of {@link stagingClauses}: what is exact about the bytes, and what may not happen around them. */
export const exactClauses: readonly BackendClause[] = [
  {
    id: "backend/staging/inputs-are-exact",
    rule: "Inputs arrive byte by byte: empty ones, every byte, some MiB, and under names with blanks, quotes, dollars and other scripts.",
    inapplicable: unless(exitCodesAreTrusted, readsInputs),
    run: async (trial) => {
      for (const { name, bytes } of oddFiles()) {
        const input = await publishedInput(trial, `/in/${name}`, bytes);
        const { ref } = await trial.bound(checking(trial, input.path, input.sha256), { launch: { inputs: [input] } });
        trial.expect((await trial.untilExited(ref)).exitCode, `exit code of the command that checks ${shown(name)}`).toBe(0);
        await trial.release(ref);
      }
    },
  },
  {
    id: "backend/staging/outputs-are-exact",
    rule: "Outputs come back byte by byte, the same files under the same names, with the digests of what was written.",
    inapplicable: unless(readsInputs, copies),
    run: async (trial) => {
      const files = oddFiles();
      const inputs = await Promise.all(files.map(({ name, bytes }) => publishedInput(trial, `/in/${name}`, bytes)));
      const outputs = files.map(({ name }) => required(`/out/${name}`));
      const copy = present(trial.setup.launches.copy, "The setup has no launch that copies files.");
      const argv = copy(Object.fromEntries(files.map(({ name }) => [`/in/${name}`, `/out/${name}`])));
      const { ref } = await trial.bound(argv, { launch: { inputs, outputs } });
      await trial.untilExited(ref);
      const collected: Files = new Map();
      const manifest = await collect(trial, ref, outputs, collected);
      for (const [index, { name, bytes }] of files.entries()) {
        const got = present(collected.get(`/out/${name}`), `The output ${shown(name)} was not handed over.`);
        must(Buffer.compare(got, bytes) === 0, `The output ${shown(name)} has other bytes than were written.`);
        const entry = manifest.outputs.find(({ path }) => path === `/out/${name}`);
        const promised = inputs[index];
        trial.expect([entry?.sha256, entry?.size], `digest and size of ${shown(name)}`).toEqual([promised?.sha256, promised?.size]);
      }
    },
  },
  {
    id: "backend/staging/odd-names-in-directories",
    rule: "Files of a declared directory keep their names, whatever these hold.",
    run: async (trial) => {
      const content = Object.fromEntries(oddFiles().map(({ name }) => [`/out/${name}`, name]));
      const { ref } = await wrote(trial, content, [required("/out")]);
      const files: Files = new Map();
      const manifest = await collect(trial, ref, [required("/out")], files);
      trial.expect(textsOf(files), "files that were handed over").toEqual(content);
      const members = manifest.outputs.map(({ member }) => member).sort();
      trial.expect(members, "members in the manifest").toEqual(
        oddFiles()
          .map(({ name }) => name)
          .sort(),
      );
    },
  },
  {
    id: "backend/staging/wrong-input-runs-nothing",
    rule: "A command whose input has another digest than promised is never started, not for a moment.",
    inapplicable: unless(hasRecordingLaunch, readsInputs),
    run: async (trial) => {
      const input = await publishedInput(trial, "/in/data.txt", "what is really there");
      const { key } = await refusedInput(trial, { ...input, sha256: trial.host.sha256("what was promised") });
      await trial.time.elapse(trial.limits.observeMs / 10);
      await ranNever(trial, key);
    },
  },
  {
    id: "backend/staging/missing-input-is-noticed",
    rule: "An input that cannot be fetched ends the lease with STAGING_FAILED or ARTIFACT_NOT_FOUND, and the command is never started.",
    inapplicable: unless(hasRecordingLaunch, readsInputs),
    run: async (trial) => {
      const { url, ...input } = await publishedInput(trial, "/in/data.txt", "what is really there");
      const { code, key } = await refusedInput(trial, { ...input, url: `${url}-is-not-there` });
      must(code === "STAGING_FAILED" || code === "ARTIFACT_NOT_FOUND", `An input that does not exist ended in ${shown(code)}.`);
      await ranNever(trial, key);
    },
  },
  {
    id: "backend/staging/attempts-are-apart",
    rule: "Two attempts that write the same path at the same time each get their own file back.",
    run: async (trial) => {
      const write = present(trial.setup.launches.writeOutputs, "Staging is native, so the setup has to give a launch `writeOutputs`.");
      const outputs = [required("/out/result")];
      const refs = new Map<string, LeaseRef>();
      for (const text of ["of the first", "of the second"]) {
        refs.set(text, (await trial.bound(write({ "/out/result": text }, 0), { launch: { outputs } })).ref);
      }
      for (const ref of refs.values()) await trial.untilExited(ref);
      for (const [text, ref] of refs) {
        const files: Files = new Map();
        await collect(trial, ref, outputs, files);
        trial.expect(textsOf(files), "files that were handed over").toEqual({ "/out/result": text });
      }
    },
  },
  {
    id: "backend/staging/collects-again-after-trouble",
    rule: "When an output cannot be stored `collect` rejects; asked again, it hands over everything.",
    run: async (trial) => {
      const outputs = [required("/out/one"), required("/out/two")];
      const { ref } = await wrote(trial, { "/out/one": "1", "/out/two": "2" }, outputs);
      const full = new SchedulerError("ARTIFACT_STORE_UNAVAILABLE", "The artifact store does not answer.");
      const plan = planFor(trial, outputs, new Map());
      const failing = {
        ...plan,
        put: async (...file: Parameters<typeof plan.put>) => (file[0] === "/out/two" ? Promise.reject(full) : plan.put(...file)),
      };
      const error = await trial.codedFailure("collect while the store is down", collectingWith(trial, ref, failing));
      trial.expect(error.code, "the error's code").toBe("ARTIFACT_STORE_UNAVAILABLE");
      const files: Files = new Map();
      await trial.answer("collect", collecting(trial, ref, outputs, files));
      trial.expect(textsOf(files), "files that were handed over").toEqual({ "/out/one": "1", "/out/two": "2" });
    },
  },
];
