import { maxLifetimeMs } from "../core/placement/lifetime.js";
import { runnerNonce } from "../kit/runner/index.js";
import type { AttemptRow } from "../model/attempt.js";
import { SchedulerError, toSchedulerError } from "../model/errors/scheduler-error.js";
import type { RunState } from "../model/run.js";
import { Secret } from "../model/secret.js";
import type { Launch } from "../spec/launch.js";
import type { EngineContext } from "./engine-context.js";
import { stageFar } from "./stage-far.js";
import { stageInputs } from "./stage-inputs.js";
import { stagingOf } from "./staging-of.js";

/**
 * Finishes what a backend is to start: secrets are resolved here and nowhere else, files become URLs, and the command is wrapped where the
 * machine has to move its files by itself.
 */
export async function prepareLaunch(context: EngineContext, state: RunState, attempt: AttemptRow): Promise<Launch> {
  const { run } = state;
  const { workload } = run;
  const { registry } = workload;
  const { host } = context.options;
  const mode = stagingOf(context, workload, attempt.offer.backend);
  const capabilities = context.rules.capabilities(attempt.offer.backend);
  const lifetimeMs = lifetimeOf(context, state, attempt);
  const ttlMs = lifetimeMs + (capabilities?.bindMs ?? 0);
  const launch: Launch = {
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
    inputs: await stageInputs(context, workload, mode, ttlMs),
    outputs: Object.entries(workload.outputs).map(([path, { optional, encryptTo }]) => ({
      path,
      optional,
      ...(encryptTo === undefined ? {} : { encryptTo }),
    })),
    timeoutMs: workload.timeoutMs,
    maxLifetimeMs: lifetimeMs,
    nonce: runnerNonce(context.namespace, attempt.key, host),
    labels: { "spillway-namespace": context.namespace.id, "spillway-run": run.id, "spillway-attempt": String(attempt.number) },
  };
  if (capabilities === undefined || mode === "none" || mode === "native") return launch;
  return stageFar(context, launch, { state, attempt, mode, capabilities, ttlMs });
}

/** On a lease that is used again no launch lives longer than what is paid for. */
function lifetimeOf(context: EngineContext, { run, leases }: RunState, attempt: AttemptRow): number {
  const lease = leases.find(({ key }) => key === attempt.key);
  if (lease?.reused === undefined) return lease === undefined ? maxLifetimeMs(run.workload) : lease.lifetimeEndMs - lease.bindDeadlineMs;
  const leftMs = (lease.paidUntilMs ?? 0) - context.options.host.now();
  return Math.max(1, Math.min(maxLifetimeMs(run.workload), leftMs));
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
