import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import type { JobSpec } from "../../reference/service.js";
import { type BackendSaboteur, deaf, onError, rejected, saboteur, withLaunch, withStatus } from "./saboteur.js";

export const carryingOutSaboteurs: readonly BackendSaboteur[] = [
  saboteur("backend/logs/from-the-beginning", "keeps the last thousand characters", (backend) => ({
    ...backend,
    async *logs(ref, call) {
      for await (const chunk of backend.logs(ref, call)) yield { ...chunk, text: chunk.text.slice(-1_000) };
    },
  })),
  saboteur("backend/logs/while-it-runs", "ends when nothing is there yet", (backend, { service }) => ({
    ...backend,
    async *logs(ref, call) {
      const lease = service.leases.get(ref.key);
      if (lease && service.stateOf(lease).phase !== "pending" && service.stateOf(lease).phase !== "starting")
        yield* backend.logs(ref, call);
    },
  })),
  saboteur("backend/logs/several-readers", "gives every line to one reader", (backend) => {
    const read = new Set<string>();
    return {
      ...backend,
      async *logs(ref, call) {
        for await (const chunk of backend.logs(ref, call)) {
          const isNew = !read.has(ref.key);
          read.add(ref.key);
          if (isNew) yield chunk;
        }
      },
    };
  }),
  saboteur("backend/logs/end-when-aborted", "does not look at the signal", (backend) => ({
    ...backend,
    logs: (ref, call) => backend.logs(ref, deaf(call)),
  })),
  saboteur(
    "backend/reuse/runs-the-next-launch",
    "reports the first launch's exit code for all",
    withStatus((report, { service }) =>
      report.exitCode === undefined ? report : { ...report, exitCode: service.leases.get(report.key)?.jobs[0]?.program.exitCode ?? 0 },
    ),
  ),
  saboteur("backend/reuse/next-launch-runs", "shows the former launch's exit code until there is another one", (backend, world) =>
    withStatus((report) => (report.attempt !== undefined && report.phase !== "exited" ? { ...report, exitCode: 0 } : report))(
      backend,
      world,
    ),
  ),
  saboteur("backend/reuse/start-is-idempotent", "runs a launch whenever it is told to", (backend, { service }) => {
    const started = new Map<string, JobSpec | undefined>();
    return {
      ...backend,
      start: async (ref, launch, call) => {
        const earlier = started.get(launch.key);
        if (earlier) service.started.push(earlier);
        await backend.start(ref, launch, call);
        started.set(launch.key, service.leases.get(ref.key)?.jobs.at(-1)?.spec);
      },
    };
  }),
  saboteur("backend/reuse/environment-is-replaced", "adds the next launch's variables to the former ones", (backend, { service }) => ({
    ...backend,
    start: (ref, launch, call) =>
      backend.start(ref, { ...launch, env: { ...service.leases.get(ref.key)?.jobs[0]?.spec.env, ...launch.env } }, call),
  })),
  saboteur(
    "backend/lifetime/ends-without-us",
    "tells nobody of the lifetime",
    withLaunch((launch) => ({ ...launch, maxLifetimeMs: launch.maxLifetimeMs * 100 })),
  ),
  saboteur(
    "backend/lifetime/timeout-has-a-reason",
    "does not say why a command was ended",
    withStatus(({ reason: _, ...report }) => report),
  ),
  saboteur("backend/hygiene/errors-have-codes", "lets a client's own errors through", (backend) => ({
    ...backend,
    find: (intents, call) =>
      onError(backend.find(intents, call), (error) => {
        throw new TypeError(error.message);
      }),
  })),
  saboteur("backend/hygiene/no-secrets-in-errors", "prints the request that failed", (backend) => ({
    ...backend,
    bind: (placement, call) =>
      onError(backend.bind(placement, call), (error) => {
        const env = Object.entries(placement.launch.secrets).map(([name, secret]) => `${name}=${encodeURIComponent(secret.reveal())}`);
        throw new SchedulerError(error.code, error.message, { effect: error.effect, cause: new Error(`POST /leases?${env.join("&")}`) });
      }),
  })),
  saboteur("backend/hygiene/no-secrets-in-logs", "logs the whole launch", (backend) => ({
    ...backend,
    bind: (placement, call) => {
      const env = Object.entries(placement.launch.secrets).map(([name, secret]) => [name, secret.reveal()]);
      call.logger.debug({ env: Object.fromEntries(env) }, "binding");
      return backend.bind(placement, call);
    },
  })),
  saboteur("backend/hygiene/no-secrets-in-answers", "keeps the namespace's secret in the reference", (backend) => ({
    ...backend,
    bind: async (placement, call) => {
      const lease = await backend.bind(placement, call);
      return { ...lease, ref: { ...lease.ref, data: { part: "lease", proof: call.namespace.secret } } };
    },
  })),
  saboteur("backend/hygiene/no-timers-left", "looks after its leases once an hour for ever", (backend) => ({
    ...backend,
    bind: (placement, call) => {
      const again = (): void => void call.host.setTimer(3_600_000, again);
      again();
      return backend.bind(placement, call);
    },
  })),
  saboteur("backend/hygiene/close-is-idempotent", "throws when it is closed again", (backend) => {
    let isClosed = false;
    return {
      ...backend,
      close: async () => {
        if (isClosed) throw rejected("The backend is closed.");
        isClosed = true;
      },
    };
  }),
  saboteur("backend/hygiene/close-keeps-leases", "takes its leases with it", (backend, { service }) => ({
    ...backend,
    close: async () => {
      for (const key of service.leases.keys()) service.close(key);
    },
  })),
  saboteur("backend/hygiene/only-the-given-host", "looks at the platform's clock", (backend) => ({
    ...backend,
    find: async (intents, call) => {
      const startedMs = Date.now();
      const findings = await backend.find(intents, call);
      call.logger.debug({ tookMs: Date.now() - startedMs }, "found");
      return findings;
    },
  })),
];
