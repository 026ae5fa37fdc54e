import { type Run, Scheduler, SchedulerError } from "../../../src/index.js";
import { parseUsd } from "../../../src/model/money.js";
import { isTerminal, type RunState } from "../../../src/model/run.js";
import type { WorkloadInput } from "../../../src/model/workload-input.js";
import type { Backend } from "../../../src/spec/backend.js";
import { memoryStore } from "../../../src/stores/memory/index.js";
import { createVirtualHost, marketplace, memoryArtifacts } from "../../../src/testing/index.js";
import { watched } from "./checked-store.js";
import { Process } from "./crashable.js";
import { lateBinds } from "./late-binds.js";
import { moneyViolations, overdue, resultViolations } from "./promises.js";
import type { Removal } from "./safeties.js";
import type { PlannedWork, Scenario } from "./scenario.js";

export interface Outcome {
  readonly seed: string;
  /** Empty: every promise was kept. */
  readonly violations: readonly string[];
  /** Every committed event, in order, as text. */
  readonly history: string;
  readonly runs: number;
  readonly succeeded: number;
  readonly attempts: number;
  /** Attempts that took an idle lease over. */
  readonly reuses: number;
  readonly virtualHours: number;
}

/** Longest virtual time in which every run must have come to rest. */
const PATIENCE_MS = 14 * 24 * 3_600_000;

/** Plays a scenario with the real runtime on virtual time and holds the outcome against what spillway promises. */
export async function play(scenario: Scenario, removal: Partial<Removal> = {}): Promise<Outcome> {
  const host = createVirtualHost({ seed: scenario.seed });
  const markets = scenario.markets.map((options) => marketplace(options));
  const dog = watched(memoryStore(), scenario.budget === undefined ? undefined : parseUsd(scenario.budget, "budget"));
  const artifacts = memoryArtifacts();
  await dog.store.open(host);
  const problems: string[] = [];
  const beliefs = new Set<string>();
  const logger = {
    debug: () => {},
    info: () => {},
    warn: () => {},
    error: (facts: object, message: string) => problems.push(`logged as an error: ${message} ${JSON.stringify(facts)}`),
  };

  let process = new Process(host);
  let scheduler = start();
  const rival = scenario.rival ? start(new Process(host)) : undefined;
  void rival?.health();
  function start(by = process): Scheduler {
    return new Scheduler({
      backends: markets.map((market) => by.backend(lateBinds(removal.backend?.(asBackend(market)) ?? asBackend(market), host, scenario))),
      store: by.store(removal.store?.(dog.store) ?? dog.store),
      host: by.host,
      artifacts: [removal.artifacts?.(artifacts) ?? artifacts],
      reconcileEvery: removal.reconcileEvery ?? "5m",
      ...(removal.verifier === undefined ? {} : { verifiers: [removal.verifier] }),
      logger,
      ...(scenario.budget === undefined ? {} : { budget: scenario.budget }),
    });
  }

  for (const work of scenario.work) host.setTimer(work.atMs, () => submit(work, 0));
  function submit(work: PlannedWork, tries: number): void {
    const taker = rival !== undefined && scenario.work.indexOf(work) % 2 === 1 ? rival : scheduler;
    taker.schedule(verifiedBy(work.input, removal), { idempotencyKey: work.input.name ?? "" }).then(
      (run) => {
        if (work.cancelAfterMs !== undefined) host.setTimer(work.cancelAfterMs, () => void cancel((run as Run).id));
      },
      (error: unknown) => {
        if (!SchedulerError.isInstance(error)) problems.push(`schedule threw ${String(error)}`);
        else if (error.code === "SCHEDULER_CLOSED" && tries < 10) host.setTimer(1_000, () => submit(work, tries + 1));
        else problems.push(`schedule was refused: ${error.code} ${error.message}`);
      },
    );
  }
  async function cancel(id: string): Promise<void> {
    try {
      await scheduler.cancel(id);
    } catch (error) {
      // Between a crash and the take-over nobody owns the run; a caller would try again.
      if (!SchedulerError.isInstance(error) || error.code !== "STORE_CONFLICT") problems.push(`cancel threw ${String(error)}`);
    }
  }
  for (const atMs of scenario.crashesAtMs) {
    host.setTimer(atMs, () => {
      process.kill();
      process = new Process(host);
      scheduler = start();
      void scheduler.health();
      // A caller whose schedule() never answered calls it again with the same key.
      for (const work of scenario.work) if (work.atMs <= atMs) submit(work, 0);
    });
  }
  for (const { atMs, forMs } of scenario.pauses) {
    host.setTimer(atMs, () => {
      const sleeper = process;
      sleeper.pause();
      host.setTimer(forMs, () => sleeper.resume());
      process = new Process(host);
      scheduler = start();
      void scheduler.health();
    });
  }
  for (const jump of scenario.clockJumps) host.setTimer(jump.atMs, () => host.jumpClock(jump.byMs));

  const lastMs = Math.max(
    ...scenario.work.map(({ atMs }) => atMs),
    ...scenario.crashesAtMs,
    ...scenario.pauses.map(({ atMs, forMs }) => atMs + forMs),
    0,
  );
  await host.advance(lastMs + 1);
  const rest = await settle();

  async function settle(): Promise<boolean> {
    const limitMs = host.elapsedMs + PATIENCE_MS;
    while (host.elapsedMs < limitMs) {
      await host.advance(60_000);
      const states = await dog.store.load([...dog.accepted]);
      if (scenario.clockJumps.length === 0) for (const sentence of overdue(states, host.now())) beliefs.add(sentence);
      if (scenario.lateBindShare === 0) for (const market of markets) noteBeliefs(market, states);
      if (
        states.length === scenario.work.length &&
        states.every(({ run, leases }) => run.settled && leases.every(({ state }) => state === "released" || state === "absent"))
      ) {
        // Strays, if any, are found by the reconciler after their grace period.
        await host.advance(60 * 60_000);
        return true;
      }
    }
    return false;
  }

  /** An open lease is known to be open, or still being asked about. */
  function noteBeliefs(market: (typeof markets)[number], states: readonly RunState[]): void {
    // The later use of a lease replaces the earlier one, which was passed on.
    const rows = new Map(
      states.flatMap(({ leases }) =>
        leases.flatMap((lease) => (lease.passedTo === undefined ? [[lease.ref?.key ?? lease.key, lease] as const] : [])),
      ),
    );
    for (const { key } of market.openLeases()) {
      const state = rows.get(key)?.state;
      const sentence = `${key}: the seller has an open lease that its run believes ${state}`;
      if (state === "absent" || state === "released") beliefs.add(sentence);
    }
  }

  const states = await dog.store.load([...dog.accepted]);
  const violations = [...dog.violations, ...problems, ...beliefs];
  if (!rest) {
    for (const { run, leases } of states)
      if (!run.settled)
        violations.push(
          `${run.id} (${run.workload.name}) is not settled: ${run.status}, leases ${leases.map(({ state }) => state).join(" ")}, last ${run.lastError?.code ?? "-"}`,
        );
  }
  if (states.length !== scenario.work.length)
    violations.push(`${scenario.work.length} workloads were handed in, ${states.length} runs are known`);
  for (const state of states) {
    if (!isTerminal(state.run.status)) violations.push(`${state.run.id} never ended: ${state.run.status}`);
    violations.push(...resultViolations(state, artifacts, host));
  }
  violations.push(...(await moneyViolations(states, markets, dog.store)));
  for (const [index, market] of markets.entries()) {
    for (const lease of market.openLeases()) violations.push(`market-${index}: lease ${lease.key} was left open (${lease.state})`);
    for (const order of market.openOrders()) violations.push(`market-${index}: order ${order} was left open`);
  }
  if (rival !== undefined) await host.waitFor(rival.close({ timeout: "1h" }), { limitMs: 2 * 3_600_000 });
  const closed = await host.waitFor(scheduler.close({ timeout: "1h" }), { limitMs: 2 * 3_600_000 });
  if (rest && closed.openRuns.length > 0) violations.push(`close left runs open: ${closed.openRuns.join(" ")}`);
  return {
    seed: scenario.seed,
    violations,
    history: dog.history.join("\n"),
    runs: states.length,
    succeeded: states.filter(({ run }) => run.status === "succeeded").length,
    attempts: states.reduce((sum, { run }) => sum + run.attempts, 0),
    reuses: states.flatMap(({ leases }) => leases).filter(({ reused }) => reused !== undefined).length,
    virtualHours: host.elapsedMs / 3_600_000,
  };
}

/** A plain object, so that a removal can replace single verbs. */
function asBackend(market: Backend): Backend {
  const { specVersion, id, kind, capabilities } = market;
  return {
    specVersion,
    id,
    kind,
    capabilities,
    listOffers: (demand, call) => market.listOffers(demand, call),
    bind: (placement, call) => market.bind(placement, call),
    find: (intents, call) => market.find(intents, call),
    inspect: (leases, call) => market.inspect(leases, call),
    release: (lease, how, call) => market.release(lease, how, call),
    listLeases: (call) => market.listLeases(call),
    ...(market.start === undefined ? {} : { start: market.start.bind(market) }),
    ...(market.collect === undefined ? {} : { collect: market.collect.bind(market) }),
  };
}

function verifiedBy(input: WorkloadInput, { verifier }: Partial<Removal>): WorkloadInput {
  if (verifier === undefined || input.verification === undefined) return input;
  return { ...input, verification: { kind: "custom", name: verifier.name, options: {} } };
}
