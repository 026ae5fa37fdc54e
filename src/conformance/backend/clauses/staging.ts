import type { ResultManifest } from "../../../model/artifact.js";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import { must, shown } from "../../clause.js";
import {
  checking,
  collect,
  collecting,
  endOf,
  type Files,
  optional,
  publishedInput,
  readsInputs,
  required,
  textsOf,
  wrote,
} from "../native-files.js";
import { type BackendClause, exitCodesAreTrusted, stagesNatively, unless } from "./clause-type.js";
import { exactClauses } from "./staging-exactly.js";

const clauses: readonly BackendClause[] = [
  {
    id: "backend/staging/outputs-are-collected",
    rule: "`collect` hands over every byte of each declared output, and its manifest holds the digests and sizes.",
    run: async (trial) => {
      const content = { "/out/result.txt": "line one\nÜnïcödé ☂\n", "/out/empty": "" };
      const outputs = Object.keys(content).map(required);
      const { ref } = await wrote(trial, content, outputs);
      const files: Files = new Map();
      const manifest = await collect(trial, ref, outputs, files);
      trial.expect(textsOf(files), "files that were handed over").toEqual(content);
      for (const [path, text] of Object.entries(content)) {
        const bytes = new TextEncoder().encode(text);
        const entry = manifest.outputs.find((output) => output.path === path);
        const expected = { uri: `conformance://${path}`, path, member: "", sha256: trial.host.sha256(bytes), size: bytes.length };
        trial.expect(entry, `the manifest's entry for ${path}`).toEqual(expected);
      }
      trial.expect([manifest.version, manifest.exitCode, manifest.failure], "version, exit code and failure").toEqual([1, 0, undefined]);
    },
  },
  {
    id: "backend/staging/directories-are-collected",
    rule: "A declared directory comes with all files below it, named by their path inside it.",
    run: async (trial) => {
      const outputs = [required("/out")];
      const { ref } = await wrote(trial, { "/out/a.txt": "a", "/out/deep/er/b.txt": "b" }, outputs);
      const files: Files = new Map();
      const manifest = await collect(trial, ref, outputs, files);
      trial.expect(textsOf(files), "files that were handed over").toEqual({ "/out/a.txt": "a", "/out/deep/er/b.txt": "b" });
      const members = manifest.outputs.map(({ path, member }) => [path, member]).sort();
      trial.expect(members, "paths and members").toEqual([
        ["/out", "a.txt"],
        ["/out", "deep/er/b.txt"],
      ]);
    },
  },
  {
    id: "backend/staging/missing-output",
    rule: "A required output that does not exist after exit 0 is OUTPUT_MISSING.",
    run: async (trial) => {
      const outputs = [required("/out/there"), required("/out/missing")];
      const { ref } = await wrote(trial, { "/out/there": "x" }, outputs);
      const error = await trial.codedFailure("collect without a required output", collecting(trial, ref, outputs));
      trial.expect(error.code, "the error's code").toBe("OUTPUT_MISSING");
    },
  },
  {
    id: "backend/staging/missing-optional-output",
    rule: "An optional output that does not exist is left out.",
    run: async (trial) => {
      const outputs = [required("/out/there"), optional("/out/missing")];
      const { ref } = await wrote(trial, { "/out/there": "x" }, outputs);
      const manifest = await collect(trial, ref, outputs);
      trial
        .expect(
          manifest.outputs.map(({ path }) => path),
          "collected paths",
        )
        .toEqual(["/out/there"]);
    },
  },
  {
    id: "backend/staging/collects-after-failure",
    rule: "After a failed command `collect` stores what there is, and the manifest holds the exit code.",
    inapplicable: exitCodesAreTrusted,
    run: async (trial) => {
      const outputs = [required("/out/there"), required("/out/missing")];
      const { ref } = await wrote(trial, { "/out/there": "x" }, outputs, 9);
      const manifest = await collect(trial, ref, outputs);
      trial.expect(manifest.exitCode, "the manifest's exit code").toBe(9);
      trial
        .expect(
          manifest.outputs.map(({ path }) => path),
          "collected paths",
        )
        .toEqual(["/out/there"]);
    },
  },
  {
    id: "backend/staging/collect-is-idempotent",
    rule: "Collecting again gives the same outputs, exit code and nonce.",
    run: async (trial) => {
      const outputs = [required("/out/there")];
      const { ref } = await wrote(trial, { "/out/there": "x" }, outputs);
      // Times may be worked out from two clocks, and then differ by a little.
      const timeless = ({ startedAtMs: _s, endedAtMs: _e, ...manifest }: ResultManifest): unknown => manifest;
      const first = await collect(trial, ref, outputs);
      trial.expect(timeless(await collect(trial, ref, outputs)), "the second manifest").toEqual(timeless(first));
    },
  },
  {
    id: "backend/staging/manifest-echoes-the-nonce",
    rule: "The manifest carries the launch's nonce.",
    run: async (trial) => {
      const { ref, nonce } = await wrote(trial, { "/out/there": "x" }, [required("/out/there")]);
      trial.expect((await collect(trial, ref, [required("/out/there")])).nonce, "the manifest's nonce").toBe(nonce);
    },
  },
  {
    id: "backend/staging/inputs-are-in-place",
    rule: "Inputs are where the launch says, with the right bytes, when the command starts.",
    inapplicable: unless(exitCodesAreTrusted, readsInputs),
    run: async (trial) => {
      const input = await publishedInput(trial, "/in/deep/data.txt", "some bytes\u0000and more ☂");
      const { ref } = await trial.bound(checking(trial, input.path, input.sha256), { launch: { inputs: [input] } });
      trial.expect((await trial.untilExited(ref)).exitCode, "exit code of the command that checks the input").toBe(0);
    },
  },
  {
    id: "backend/staging/wrong-input-is-noticed",
    rule: "An input whose bytes have another digest than promised ends the lease with INPUT_DIGEST_MISMATCH before the command runs.",
    inapplicable: readsInputs,
    run: async (trial) => {
      const input = await publishedInput(trial, "/in/data.txt", "what is really there");
      const promised = { ...input, sha256: trial.host.sha256("what was promised") };
      // The command would succeed if it were started, since the bytes are those it checks.
      const placement = await trial.placement(checking(trial, input.path, input.sha256), { launch: { inputs: [promised] } });
      const [outcome] = await trial.answer("bind", Promise.allSettled([trial.bindOf(placement)]), trial.limits.bindMs);
      if (outcome.status === "rejected") {
        must(SchedulerError.isInstance(outcome.reason), "bind refused the input with something that is no SchedulerError.");
        trial.expect(outcome.reason.code, "the refusal's code").toBe("INPUT_DIGEST_MISMATCH");
        return;
      }
      const report = await endOf(trial, outcome.value.ref);
      must(report.phase === "ended", `A command with a wrong input was started: ${shown(report)}.`);
      trial.expect(report.reason, "the reason of the end").toBe("INPUT_DIGEST_MISMATCH");
    },
  },
];

/** Of backends alone that stage natively. */
export const stagingClauses: readonly BackendClause[] = [...clauses, ...exactClauses].map((clause) => ({
  ...clause,
  proves: "staging",
  inapplicable: unless(stagesNatively, clause.inapplicable ?? (() => undefined)),
}));
