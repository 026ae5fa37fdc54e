import { readFile } from "node:fs/promises";
import type { Artifact, ResultManifest } from "../../../model/artifact.js";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { LeaseRef } from "../../../model/lease.js";
import type { ByteSource, OutputPlan, StagedInput } from "../../../spec/launch.js";
import { must, present, shown } from "../../clause.js";
import type { BackendTrial } from "../trial.js";
import { type BackendClause, exitCodesAreTrusted, stagesNatively, unless } from "./clause-type.js";

/** Collected files by path and member. */
type Files = Map<string, string>;

/** A plan whose `put` keeps the bytes. */
function planFor(trial: BackendTrial, outputs: OutputPlan["outputs"], files: Files): OutputPlan {
  return {
    outputs,
    put: async (path, member, body): Promise<Artifact> => {
      const bytes = await bytesOf(body);
      const name = member === "" ? path : `${path}/${member}`;
      files.set(name, new TextDecoder().decode(bytes));
      return { uri: `conformance://${name}`, sha256: trial.host.sha256(bytes), size: bytes.length };
    },
  };
}

async function bytesOf(body: ByteSource): Promise<Uint8Array> {
  if ("bytes" in body) return body.bytes;
  if ("file" in body) return readFile(body.file);
  const chunks: Uint8Array[] = [];
  for await (const chunk of body.stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}

/** Runs a launch that writes files, to its end, with these outputs declared. */
async function wrote(
  trial: BackendTrial,
  files: Readonly<Record<string, string>>,
  outputs: OutputPlan["outputs"],
  exitCode = 0,
): Promise<{ readonly ref: LeaseRef; readonly nonce: string }> {
  const write = present(trial.setup.launches.writeOutputs, "Staging is native, so the setup has to give a launch `writeOutputs`.");
  const { ref, placement } = await trial.bound(write(files, exitCode), { launch: { outputs } });
  await trial.untilExited(ref);
  return { ref, nonce: placement.launch.nonce };
}

function collecting(trial: BackendTrial, ref: LeaseRef, outputs: OutputPlan["outputs"], files: Files = new Map()): Promise<ResultManifest> {
  const plan = planFor(trial, outputs, files);
  return present(trial.backend.collect, "There is no `collect`.").call(trial.backend, ref, plan, trial.call());
}

const collect = (trial: BackendTrial, ref: LeaseRef, outputs: OutputPlan["outputs"], files?: Files): Promise<ResultManifest> =>
  trial.answer("collect", collecting(trial, ref, outputs, files));

const required = (path: string): OutputPlan["outputs"][number] => ({ path, optional: false });
const optional = (path: string): OutputPlan["outputs"][number] => ({ path, optional: true });

/** A simulated backend whose nodes read no files says so by publishing none. */
const readsInputs = ({ capabilities, launches }: BackendTrial["setup"]): string | undefined =>
  capabilities.simulated && !launches.checkInput ? "The simulated nodes read no input files." : undefined;

async function publishedInput(trial: BackendTrial, path: string, content: string): Promise<StagedInput & { readonly sha256: string }> {
  const publish = present(trial.underTest.publish, "Staging is native, so `create` has to answer a `publish`.");
  const bytes = new TextEncoder().encode(content);
  return { path, url: await publish(bytes), sha256: trial.host.sha256(bytes), size: bytes.length };
}

/** The command that checks an input's digest. */
const checking = ({ setup }: BackendTrial, path: string, sha256: string): readonly string[] =>
  present(setup.launches.checkInput, "Staging is native, so the setup has to give a launch `checkInput`.")(path, sha256);

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
      trial.expect(Object.fromEntries(files), "files that were handed over").toEqual(content);
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
      trial.expect(Object.fromEntries(files), "files that were handed over").toEqual({ "/out/a.txt": "a", "/out/deep/er/b.txt": "b" });
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

/** The last report on a lease, however it ends. */
async function endOf(trial: BackendTrial, ref: LeaseRef): Promise<{ readonly phase: string; readonly reason?: string }> {
  await trial.untilVisible();
  return trial.time.until(
    async () => {
      const report = await trial.report(ref);
      must(report.kind === "status", `inspect says "${ref.key}" is gone, which nobody released.`);
      return report.phase === "exited" || report.phase === "ended" ? report : undefined;
    },
    { limitMs: trial.limits.startMs + trial.limits.runMs, everyMs: trial.pollMs, what: "The lease has to come to an end" },
  );
}

/** Of backends alone that stage natively. */
export const stagingClauses: readonly BackendClause[] = clauses.map((clause) => ({
  ...clause,
  proves: "staging",
  inapplicable: unless(stagesNatively, clause.inapplicable ?? (() => undefined)),
}));
