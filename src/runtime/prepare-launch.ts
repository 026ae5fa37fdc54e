import type { AttemptRow } from "../model/attempt.js";
import { SchedulerError, toSchedulerError } from "../model/errors/scheduler-error.js";
import type { RunRow } from "../model/run.js";
import { Secret } from "../model/secret.js";
import type { Launch, StagedInput } from "../spec/launch.js";
import type { EngineContext } from "./engine-context.js";

/** Longest life of a lease for a workload: its timeout, plus time to start, to move files and to end. */
export const LIFETIME_MARGIN_MS = 15 * 60_000;

export const maxLifetimeMs = (run: Pick<RunRow, "workload">): number => run.workload.timeoutMs + LIFETIME_MARGIN_MS;

/** Finishes what a backend is to start: secrets are resolved here and nowhere else, inputs become URLs. */
export async function prepareLaunch(context: EngineContext, run: RunRow, attempt: AttemptRow): Promise<Launch> {
  const { workload } = run;
  const lifetimeMs = maxLifetimeMs(run);
  const { registry } = workload;
  return {
    key: attempt.key,
    ...(workload.image === undefined ? {} : { image: workload.image }),
    ...(registry === undefined
      ? {}
      : {
          registry: {
            server: registry.server,
            username: registry.username,
            password: await resolve(context, "registry.password", registry.password),
          },
        }),
    argv: workload.command,
    env: workload.env,
    secrets: await resolveAll(context, workload.secrets),
    resources: workload.resources,
    inputs: await stageInputs(context, run, lifetimeMs),
    outputs: Object.entries(workload.outputs).map(([path, output]) => ({ path, optional: output.optional })),
    timeoutMs: workload.timeoutMs,
    maxLifetimeMs: lifetimeMs,
    nonce: context.options.host.hmacSha256(context.namespace.secret, attempt.key),
    labels: { "spillway-namespace": context.namespace.id, "spillway-run": run.id, "spillway-attempt": String(attempt.number) },
  };
}

async function resolveAll(context: EngineContext, references: Readonly<Record<string, string>>): Promise<Readonly<Record<string, Secret>>> {
  const resolved: Record<string, Secret> = {};
  for (const [name, reference] of Object.entries(references)) resolved[name] = await resolve(context, `secrets.${name}`, reference);
  return resolved;
}

async function resolve(context: EngineContext, field: string, reference: string): Promise<Secret> {
  try {
    const value = await context.options.secrets(reference);
    if (typeof value !== "string")
      throw new SchedulerError("SECRET_UNAVAILABLE", "The scheduler's `secrets` function did not answer a string.");
    return new Secret(value);
  } catch (thrown) {
    throw toSchedulerError(thrown, "SECRET_UNAVAILABLE", `The secret for ${field} could not be resolved`, { field });
  }
}

async function stageInputs(context: EngineContext, run: RunRow, ttlMs: number): Promise<readonly StagedInput[]> {
  const { host } = context.options;
  const inputs: StagedInput[] = [];
  for (const [path, input] of Object.entries(run.workload.inputs)) {
    const url = await context.artifacts.storeFor(input.uri).readUrl(input.uri, ttlMs, { host });
    inputs.push({
      path,
      url,
      ...(input.sha256 === undefined ? {} : { sha256: input.sha256 }),
      ...(input.size === undefined ? {} : { size: input.size }),
    });
  }
  return inputs;
}
