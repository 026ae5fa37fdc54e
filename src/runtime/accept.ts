import { withCopies } from "../data/staging/index.js";
import { canonicalJson } from "../model/canonical-json.js";
import { SchedulerError, toSchedulerError } from "../model/errors/scheduler-error.js";
import { type GroupRow, NO_EXCLUSIONS, type RunRow, type RunState } from "../model/run.js";
import type { InputRequest, Workload } from "../model/workload.js";
import type { CommitResult, IdempotencyRow } from "../spec/store.js";
import { isEncryptionUnavailable } from "./admit-staging.js";
import { CLAIM_MS } from "./claim-times.js";
import type { EngineContext } from "./engine-context.js";

/** What is accepted together: one run, or the members of a group. */
export interface Acceptance {
  readonly workloads: readonly Workload[];
  readonly group?: {
    readonly name?: string;
    readonly parallelism?: number;
    readonly onFailure: "continue" | "cancel";
    readonly maxCost?: bigint;
  };
  readonly idempotencyKey?: string;
  readonly tx?: unknown;
}

export type Accepted =
  | {
      readonly kind: "new";
      readonly states: readonly RunState[];
      readonly group?: GroupRow;
      readonly result: Extract<CommitResult, { ok: true }>;
    }
  | { readonly kind: "known"; readonly existing: IdempotencyRow };

/**
 * Accepts workloads atomically: afterwards they survive whatever the store survives. Everything that can be refused is
 * refused before anything is written.
 */
export async function accept(context: EngineContext, acceptance: Acceptance): Promise<Accepted> {
  const { host, store } = context.options;
  const { group: wanted, idempotencyKey, tx } = acceptance;
  const digest = idempotencyKey === undefined ? "" : host.sha256(canonicalJson(acceptance.workloads));
  if (idempotencyKey !== undefined) {
    const existing = await store.findKey(idempotencyKey);
    if (existing !== undefined) return sameOrConflict(existing, digest);
  }
  for (const workload of acceptance.workloads) checkRails(context, workload, wanted?.maxCost !== undefined);
  const described: Workload[] = [];
  for (const workload of acceptance.workloads) described.push(await describeInputs(context, workload));
  const workloads = withCopies(described, context.artifacts.stores);

  const nowMs = host.now();
  const groupId = wanted === undefined ? undefined : host.newId();
  const rows = workloads.map((workload): RunRow => newRun(host.newId(), workload, nowMs, groupId, idempotencyKey));
  const group: GroupRow | undefined =
    wanted === undefined || groupId === undefined
      ? undefined
      : {
          id: groupId,
          version: 1,
          ...(wanted.name === undefined ? {} : { name: wanted.name }),
          members: rows.map(({ id }) => id),
          acceptedAtMs: nowMs,
          ...(wanted.parallelism === undefined ? {} : { parallelism: wanted.parallelism }),
          onFailure: wanted.onFailure,
          ...(wanted.maxCost === undefined ? {} : { maxCost: wanted.maxCost }),
          ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
        };
  const first = rows[0];
  const result = await store.commit(
    {
      nowMs,
      claims: [],
      runs: rows,
      ...(group === undefined ? {} : { groups: [group] }),
      events: rows.map((run) => ({ type: "run-accepted", runId: run.id, sequence: 1, atMs: nowMs })),
      ...(idempotencyKey === undefined || first === undefined
        ? {}
        : { keys: [{ key: idempotencyKey, digest, ...(groupId === undefined ? { runId: first.id } : { groupId }) }] }),
      claimNew: { owner: context.owner, untilMs: nowMs + CLAIM_MS },
    },
    tx,
  );
  if (!result.ok) {
    if (result.refused === "key") return sameOrConflict(result.existing, digest);
    throw new SchedulerError("STORE_CONFLICT", `The store refused new rows (${result.refused}).`);
  }
  return { kind: "new", states: rows.map((run) => ({ run, attempts: [], leases: [] })), ...(group === undefined ? {} : { group }), result };
}

function newRun(id: string, workload: Workload, nowMs: number, groupId: string | undefined, idempotencyKey: string | undefined): RunRow {
  const { deadline } = workload;
  const deadlineAtMs = deadline === undefined ? undefined : "atMs" in deadline ? deadline.atMs : nowMs + deadline.afterMs;
  return {
    id,
    version: 1,
    status: "queued",
    workload,
    acceptedAtMs: nowMs,
    ...(groupId === undefined ? {} : { groupId }),
    ...(idempotencyKey === undefined ? {} : { idempotencyKey }),
    ...(deadlineAtMs === undefined ? {} : { deadlineAtMs }),
    ...(workload.startWithinMs === undefined ? {} : { startByMs: nowMs + workload.startWithinMs }),
    attempts: 0,
    failures: 0,
    launches: 0,
    eventCount: 1,
    exclusions: NO_EXCLUSIONS,
    cancelRequested: false,
    promotionTries: 0,
    settled: false,
  };
}

function sameOrConflict(existing: IdempotencyRow, digest: string): Accepted {
  if (existing.digest === digest) return { kind: "known", existing };
  throw new SchedulerError(
    "IDEMPOTENCY_CONFLICT",
    `The idempotency key "${existing.key}" was used before with a different workload. Use another key for different work.`,
    {
      details: { field: "idempotencyKey", ...(existing.runId === undefined ? {} : { runId: existing.runId }) },
    },
  );
}

/** Refuses what could never run, or could only run without a cap on real money. */
function checkRails(context: EngineContext, workload: Workload, groupCapped: boolean): void {
  const { admitted, rejections } = context.market.admission(workload);
  if (admitted.length === 0) {
    const reasons = rejections.map(({ code, example }) => `${example.backend}: ${example.message}`.concat(` [${code}]`));
    const code = isEncryptionUnavailable(workload, context.backends, context.artifacts.stores)
      ? "ENCRYPTION_UNAVAILABLE"
      : "NO_FEASIBLE_PLACEMENT";
    throw new SchedulerError(code, `No configured backend may run this workload. ${reasons.join("; ")}`, {
      retry: "never",
      details: { reasons },
    });
  }
  if (workload.verification.kind === "custom" && !context.options.verifiers.has(workload.verification.name)) {
    throw new SchedulerError(
      "INVALID_WORKLOAD",
      `No verifier is called "${workload.verification.name}": add it to the scheduler's \`verifiers\`.`,
      { details: { field: "verification.name" } },
    );
  }
  if (workload.maxCost !== undefined || groupCapped || context.options.budget !== undefined) return;
  const paid = admitted.find((id) => context.backends.get(id)?.backend.capabilities.paid === true);
  if (paid !== undefined) {
    throw new SchedulerError(
      "BUDGET_REQUIRED",
      `Backend "${paid}" costs real money: give the workload a \`maxCost\`, or the scheduler a \`budget\`.`,
      { details: { backend: paid, field: "maxCost" } },
    );
  }
}

/** Local files get their digest and size at acceptance, so that what runs later is what was handed in. Others get their size if the store knows it. */
async function describeInputs(context: EngineContext, workload: Workload): Promise<Workload> {
  const entries = Object.entries(workload.inputs);
  if (entries.length === 0) return workload;
  const inputs: Record<string, InputRequest> = {};
  for (const [path, input] of entries) inputs[path] = await describeInput(context, path, input);
  return { ...workload, inputs };
}

async function describeInput(context: EngineContext, path: string, input: InputRequest): Promise<InputRequest> {
  if (input.sha256 !== undefined && input.size !== undefined) return input;
  const { host } = context.options;
  try {
    const store = context.artifacts.storeFor(input.uri);
    const stat = await store.stat(input.uri, { host });
    if (stat === undefined) throw new SchedulerError("ARTIFACT_NOT_FOUND", `There is no such file: ${input.uri}`);
    const sha256 = input.sha256 ?? stat.sha256 ?? (input.uri.startsWith("file:") ? await digestOf(context, input.uri) : undefined);
    return { ...input, size: input.size ?? stat.size, ...(sha256 === undefined ? {} : { sha256 }) };
  } catch (thrown) {
    const error = toSchedulerError(thrown, "ARTIFACT_NOT_FOUND", `The input ${path} cannot be read`);
    throw new SchedulerError(error.code, error.message, { cause: thrown, details: { ...error.details, field: `inputs.${path}` } });
  }
}

async function digestOf(context: EngineContext, uri: string): Promise<string> {
  const { host } = context.options;
  const digest = host.createSha256();
  for await (const bytes of await context.artifacts.storeFor(uri).read(uri, { host })) digest.update(bytes);
  return digest.hex();
}
