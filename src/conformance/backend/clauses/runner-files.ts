import { type TreeEntry, treeDigest } from "../../../kit/runner/index.js";
import type { OutputArtifact } from "../../../model/artifact.js";
import { Secret } from "../../../model/secret.js";
import type { StagedInput } from "../../../spec/launch.js";
import { must, present, shown } from "../../clause.js";
import { type Depot, openDepot } from "../depot.js";
import { optional, required } from "../native-files.js";
import { oddFiles } from "../odd-files.js";
import { filesInTar } from "../tar.js";
import type { BackendTrial } from "../trial.js";
import { startAttempt } from "../wrapped-attempt.js";
import { ODD_TEXTS } from "./carrying.js";
import type { BackendClause } from "./clause-type.js";

/** Publishes every odd file as an input below `/in`. */
async function oddInputs(trial: BackendTrial, depot: Depot): Promise<readonly (StagedInput & { readonly sha256: string })[]> {
  return Promise.all(
    oddFiles().map(async ({ name, bytes }, index) => {
      const url = await depot.publish(`inputs/${index}`, bytes);
      return { path: `/in/${name}`, url, sha256: trial.host.sha256(bytes), size: bytes.length };
    }),
  );
}

/** The manifest's entry for an output, which has to agree with what is stored. */
function storedAsClaimed(
  trial: BackendTrial,
  outputs: readonly OutputArtifact[],
  path: string,
  bytes: Uint8Array | undefined,
): OutputArtifact {
  const entry = present(
    outputs.find((output) => output.path === path),
    `The manifest does not name the output ${shown(path)}.`,
  );
  const stored = present(bytes, `The manifest names the output ${shown(path)}, which was not stored.`);
  trial
    .expect([entry.sha256, entry.size], `digest and size that the manifest claims for ${shown(path)}`)
    .toEqual([trial.host.sha256(stored), stored.length]);
  return entry;
}

const refusesRun =
  (
    code: string,
    change: (input: StagedInput, trial: BackendTrial, depot: Depot) => StagedInput | Promise<StagedInput>,
  ): BackendClause["run"] =>
  async (trial) => {
    const depot = await openDepot(trial);
    const bytes = "what is really there";
    const input = {
      path: "/in/data.txt",
      url: await depot.publish("inputs/data", bytes),
      sha256: trial.host.sha256(bytes),
      size: bytes.length,
    };
    const attempt = await startAttempt(trial, depot, { script: "hit ran", inputs: [await change(input, trial, depot)] });
    trial.expect(await attempt.failure(), "code of the failure that the manifest tells of").toBe(code);
    trial.expect(attempt.traces(), "number of times that the command ran").toBe(0);
  };

/** Part of `runnerClauses`: what becomes of files, arguments and variables. */
export const runnerFileClauses: readonly BackendClause[] = [
  {
    id: "backend/runner/inputs-are-exact",
    rule: "Inputs are in place byte by byte when the command starts: empty ones, every byte, some MiB, and odd names.",
    run: async (trial) => {
      const depot = await openDepot(trial);
      const inputs = await oddInputs(trial, depot);
      const script = 'for file; do sha256sum <"$SPILLWAY_ROOT$file"; done >"$SPILLWAY_ROOT/out"';
      const attempt = await startAttempt(trial, depot, {
        script,
        args: inputs.map(({ path }) => path),
        inputs,
        outputs: [required("/out")],
      });
      trial.expect(await attempt.failure(), "code of a failure").toBe(undefined);
      const seen = new TextDecoder().decode(attempt.output("/out")).split("\n");
      trial
        .expect(
          seen.filter((line) => line !== "").map((line) => line.slice(0, 64)),
          "digests of what the command found",
        )
        .toEqual(inputs.map(({ sha256 }) => sha256));
    },
  },
  {
    id: "backend/runner/outputs-are-exact",
    rule: "Outputs are stored byte by byte, each in its own place, and the manifest holds their digests.",
    run: async (trial) => {
      const depot = await openDepot(trial);
      const inputs = await oddInputs(trial, depot);
      const outputs = oddFiles().map(({ name }) => required(`/out/${name}`));
      const script = 'for file; do cp "$SPILLWAY_ROOT/in/$file" "$SPILLWAY_ROOT/out/$file"; done';
      const attempt = await startAttempt(trial, depot, { script, args: oddFiles().map(({ name }) => name), inputs, outputs });
      const manifest = await attempt.untilManifest();
      for (const { name, bytes } of oddFiles()) {
        const path = `/out/${name}`;
        const stored = attempt.output(path);
        storedAsClaimed(trial, manifest.outputs, path, stored);
        must(Buffer.compare(stored ?? new Uint8Array(), bytes) === 0, `The output ${shown(name)} has other bytes than were written.`);
      }
    },
  },
  {
    id: "backend/runner/directories-become-archives",
    rule: "A declared directory is stored as one tar archive of all its files, with the digest of what is in it.",
    run: async (trial) => {
      const depot = await openDepot(trial);
      const files = { "a.txt": "a", ".hidden": "h", "deep/er/with blank.txt": "b" };
      const script =
        'cd "$SPILLWAY_ROOT/out" && mkdir -p deep/er && printf a >a.txt && printf h >.hidden && printf b >"deep/er/with blank.txt"';
      const attempt = await startAttempt(trial, depot, {
        script: `mkdir -p "$SPILLWAY_ROOT/out" && ${script}`,
        outputs: [required("/out")],
      });
      const manifest = await attempt.untilManifest();
      const stored = attempt.output("/out");
      const { archive } = storedAsClaimed(trial, manifest.outputs, "/out", stored);
      const entries = Object.entries(files).map(([member, text]): TreeEntry => ({ member, sha256: trial.host.sha256(text) }));
      trial.expect(archive, "the manifest's word on the archive").toEqual({ format: "tar", treeSha256: treeDigest(entries, trial.host) });
      trial.expect(filesInTar(stored ?? new Uint8Array()), "files in the archive").toEqual(files);
    },
  },
  {
    id: "backend/runner/command-is-as-it-was",
    rule: "Under the runner the command gets its arguments, variables and secrets as they were given, and nothing of the job text.",
    run: async (trial) => {
      const depot = await openDepot(trial);
      const env = Object.fromEntries(ODD_TEXTS.map((text, index) => [`ODD_${index}`, text]));
      const secret = `s3cr3t ${trial.host.randomHex(8)} $x`;
      const values = [...Object.keys(env), "API_TOKEN"].map((name) => `"$${name}"`).join(" ");
      const script = `printf '%s\\0' "$@" ${values} "\${SPILLWAY_JOB-unset}" "\${SPILLWAY_JOB_URL-unset}" >"$SPILLWAY_ROOT/out"`;
      const launch = { env, secrets: { API_TOKEN: new Secret(secret) } };
      const attempt = await startAttempt(trial, depot, { script, args: ODD_TEXTS, outputs: [required("/out")], launch });
      trial.expect(await attempt.failure(), "code of a failure").toBe(undefined);
      const found = new TextDecoder().decode(attempt.output("/out")).split("\0").slice(0, -1);
      trial
        .expect(found, "arguments, variables, a secret, and the job text")
        .toEqual([...ODD_TEXTS, ...ODD_TEXTS, secret, "unset", "unset"]);
    },
  },
  {
    id: "backend/runner/wrong-input-runs-nothing",
    rule: "An input with another digest than promised ends the attempt with INPUT_DIGEST_MISMATCH, and the command never runs.",
    run: refusesRun("INPUT_DIGEST_MISMATCH", (input, { host }) => ({ ...input, sha256: host.sha256("what was promised"), size: 17 })),
  },
  {
    id: "backend/runner/expired-url-runs-nothing",
    rule: "An input whose URL has expired ends the attempt with STAGING_FAILED, and the command never runs.",
    run: refusesRun("STAGING_FAILED", async (input, _trial, depot) => ({
      ...input,
      url: await depot.publish("inputs/data", "what is really there", "expired"),
    })),
  },
  {
    id: "backend/runner/missing-output",
    rule: "A required output that does not exist after exit 0 is OUTPUT_MISSING.",
    run: async (trial) => {
      const outputs = [required("/out/there"), required("/out/missing")];
      const attempt = await startAttempt(trial, await openDepot(trial), { script: 'echo x >"$SPILLWAY_ROOT/out/there"', outputs });
      trial.expect(await attempt.failure(), "code of the failure that the manifest tells of").toBe("OUTPUT_MISSING");
    },
  },
  {
    id: "backend/runner/missing-optional-output",
    rule: "An optional output that does not exist is left out of a success.",
    run: async (trial) => {
      const outputs = [required("/out/there"), optional("/out/missing")];
      const attempt = await startAttempt(trial, await openDepot(trial), { script: 'echo x >"$SPILLWAY_ROOT/out/there"', outputs });
      trial.expect(await attempt.failure(), "code of a failure").toBe(undefined);
      const paths = (await attempt.untilManifest()).outputs.map(({ path }) => path);
      trial.expect(paths, "outputs in the manifest").toEqual(["/out/there"]);
    },
  },
  {
    id: "backend/runner/failure-keeps-outputs",
    rule: "A failed command's outputs are stored as far as they exist, and the manifest holds its exit code.",
    run: async (trial) => {
      const outputs = [required("/out/there"), required("/out/missing")];
      const attempt = await startAttempt(trial, await openDepot(trial), { script: 'echo x >"$SPILLWAY_ROOT/out/there"; exit 9', outputs });
      const manifest = await attempt.untilManifest();
      trial.expect([manifest.exitCode, await attempt.failure()], "exit code and code of the failure").toEqual([9, "WORKLOAD_FAILED"]);
      storedAsClaimed(trial, manifest.outputs, "/out/there", attempt.output("/out/there"));
    },
  },
  {
    id: "backend/runner/refused-upload-is-no-success",
    rule: "An output that the store refuses makes the attempt fail with STAGING_FAILED, though the command succeeded.",
    run: async (trial) => {
      const depot = await openDepot(trial);
      depot.server.inject({
        operation: "PutObject",
        key: /\/node\/output-0$/,
        times: 1_000,
        fault: { kind: "status", status: 403, code: "AccessDenied" },
      });
      const attempt = await startAttempt(trial, depot, { script: 'echo x >"$SPILLWAY_ROOT/out"; hit ran', outputs: [required("/out")] });
      trial.expect(await attempt.failure(), "code of the failure that the manifest tells of").toBe("STAGING_FAILED");
      trial.expect(attempt.traces(), "number of times that the command ran").toBe(1);
    },
  },
];
