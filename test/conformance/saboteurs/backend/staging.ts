import type { ResultManifest } from "../../../../src/model/artifact.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import type { OutputPlan } from "../../../../src/spec/launch.js";
import { type BackendSaboteur, type Spoil, saboteur, withLaunch } from "./saboteur.js";

const withManifest =
  (change: (manifest: ResultManifest) => ResultManifest): Spoil =>
  (backend) => ({ ...backend, collect: async (ref, outputs, call) => change(await backend.collect(ref, outputs, call)) });

/** Bytes taken for text and written anew. */
const asText = (bytes: Uint8Array): Uint8Array => new TextEncoder().encode(new TextDecoder().decode(bytes));

/** Hands over the outputs through another `put`. */
const withPut =
  (change: (put: OutputPlan["put"]) => OutputPlan["put"]): Spoil =>
  (backend) => ({ ...backend, collect: (ref, outputs, call) => backend.collect(ref, { ...outputs, put: change(outputs.put) }, call) });

export const stagingSaboteurs: readonly BackendSaboteur[] = [
  saboteur("backend/staging/outputs-are-collected", "digests the paths instead of the bytes", (backend, world) =>
    withManifest((manifest) => ({
      ...manifest,
      outputs: manifest.outputs.map((output) => ({ ...output, sha256: world.host.sha256(output.path) })),
    }))(backend, world),
  ),
  saboteur(
    "backend/staging/directories-are-collected",
    "forgets the folders inside a directory",
    withManifest((manifest) => ({
      ...manifest,
      outputs: manifest.outputs.map((output) => ({ ...output, member: output.member.replace(/^.*\//, "") })),
    })),
  ),
  saboteur("backend/staging/missing-output", "takes every output for optional", (backend) => ({
    ...backend,
    collect: (ref, outputs, call) =>
      backend.collect(ref, { ...outputs, outputs: outputs.outputs.map(({ path }) => ({ path, optional: true })) }, call),
  })),
  saboteur("backend/staging/missing-optional-output", "takes every output for required", (backend) => ({
    ...backend,
    collect: (ref, outputs, call) =>
      backend.collect(ref, { ...outputs, outputs: outputs.outputs.map(({ path }) => ({ path, optional: false })) }, call),
  })),
  saboteur("backend/staging/collects-after-failure", "collects nothing of a failed command", (backend, { service }) => ({
    ...backend,
    collect: async (ref, outputs, call) => {
      const exitCode = service.leases.get(ref.key)?.jobs.at(-1)?.program.exitCode ?? 0;
      if (exitCode !== 0) throw new SchedulerError("WORKLOAD_FAILED", `The command ended with ${exitCode}.`);
      return backend.collect(ref, outputs, call);
    },
  })),
  saboteur("backend/staging/collect-is-idempotent", "throws away what it has handed over", (backend) => {
    const collected = new Set<string>();
    return {
      ...backend,
      collect: async (ref, outputs, call) => {
        const manifest = await backend.collect(ref, outputs, call);
        if (collected.has(ref.key)) return { ...manifest, outputs: [] };
        collected.add(ref.key);
        return manifest;
      },
    };
  }),
  saboteur(
    "backend/staging/manifest-echoes-the-nonce",
    "leaves the nonce out",
    withManifest(({ nonce: _, ...manifest }) => manifest),
  ),
  saboteur(
    "backend/staging/inputs-are-in-place",
    "fetches no inputs",
    withLaunch((launch) => ({ ...launch, inputs: [] })),
  ),
  saboteur(
    "backend/staging/wrong-input-is-noticed",
    "does not compare digests",
    withLaunch((launch) => ({ ...launch, inputs: launch.inputs.map(({ sha256: _, ...input }) => input) })),
  ),
  saboteur("backend/staging/inputs-are-exact", "takes inputs for text", (backend, world) =>
    withLaunch((launch) => ({
      ...launch,
      inputs: launch.inputs.map((input) => {
        const bytes = world.service.published.get(input.url);
        if (bytes === undefined || world.host.sha256(bytes) !== input.sha256) return input;
        return { ...input, url: world.service.publish(asText(bytes)), sha256: world.host.sha256(asText(bytes)) };
      }),
    }))(backend, world),
  ),
  saboteur(
    "backend/staging/outputs-are-exact",
    "takes outputs for text",
    withPut((put) => (path, member, body) => put(path, member, "bytes" in body ? { bytes: asText(body.bytes) } : body)),
  ),
  saboteur(
    "backend/staging/odd-names-in-directories",
    "names members as in a URL",
    withPut((put) => (path, member, body) => put(path, encodeURI(member), body)),
  ),
  saboteur("backend/staging/wrong-input-runs-nothing", "compares digests while the command runs already", (backend, { service }) => ({
    ...backend,
    bind: async (placement, call) => {
      const lease = await backend.bind(placement, call);
      const job = service.leases.get(placement.key)?.jobs.at(-1);
      if (job?.failure === "INPUT_DIGEST_MISMATCH") service.started.push(job.spec);
      return lease;
    },
  })),
  saboteur("backend/staging/missing-input-is-noticed", "goes on without inputs that cannot be had", (backend, world) =>
    withLaunch((launch) => ({ ...launch, inputs: launch.inputs.filter(({ url }) => world.service.published.has(url)) }))(backend, world),
  ),
  saboteur("backend/staging/attempts-are-apart", "collects from the machine that was used last", (backend) => {
    let last = "";
    return {
      ...backend,
      bind: async (placement, call) => {
        const lease = await backend.bind(placement, call);
        last = lease.ref.key;
        return lease;
      },
      collect: (ref, outputs, call) => backend.collect({ ...ref, key: last }, outputs, call),
    };
  }),
  saboteur("backend/staging/collects-again-after-trouble", "hands over each output once, whether or not it was stored", (backend) => {
    const tried = new Set<string>();
    return {
      ...backend,
      collect: async (ref, outputs, call) => {
        const left = outputs.outputs.filter(({ path }) => !tried.has(`${ref.key} ${path}`));
        for (const { path } of left) tried.add(`${ref.key} ${path}`);
        return backend.collect(ref, { ...outputs, outputs: left }, call);
      },
    };
  }),
];
