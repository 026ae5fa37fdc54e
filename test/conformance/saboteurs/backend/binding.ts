import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";
import { wait } from "../../reference/wire.js";
import { type BackendSaboteur, deaf, onError, rejected, rethrow, saboteur, withLaunch } from "./saboteur.js";

const mapArgs = (change: (arg: string) => string) =>
  withLaunch((launch) => ({ ...launch, argv: [launch.argv[0] ?? "", ...launch.argv.slice(1).map(change)] }));

export const bindingSaboteurs: readonly BackendSaboteur[] = [
  saboteur("backend/bind/gives-a-lease", "keeps an object in the reference that JSON does not keep", (backend) => ({
    ...backend,
    bind: async (placement, call) => {
      const lease = await backend.bind(placement, call);
      return { ...lease, ref: { ...lease.ref, data: { part: "lease", since: new Date(0) } } };
    },
  })),
  saboteur("backend/bind/idempotent", "makes a second lease for the same key", (backend) => {
    const bound = new Set<string>();
    return {
      ...backend,
      bind: async (placement, call) => {
        const key = bound.has(placement.key) ? `${placement.key}-2` : placement.key;
        bound.add(placement.key);
        return backend.bind({ ...placement, key }, call);
      },
    };
  }),
  saboteur("backend/bind/idempotent-under-race", "looks first and orders a moment later", (backend) => {
    const underWay = new Set<string>();
    return {
      ...backend,
      bind: async (placement, call) => {
        const key = underWay.has(placement.key) ? `${placement.key}-2` : placement.key;
        underWay.add(placement.key);
        return backend.bind({ ...placement, key }, call).finally(() => underWay.delete(placement.key));
      },
    };
  }),
  saboteur("backend/bind/idempotent-elsewhere", "remembers in its own process what it bound", (backend, { service }) => {
    const own = new Set<string>();
    return {
      ...backend,
      bind: async (placement, call) => {
        const isForeign = service.leases.has(placement.key) && !own.has(placement.key);
        own.add(placement.key);
        return backend.bind(isForeign ? { ...placement, key: `${placement.key}-2` } : placement, call);
      },
    };
  }),
  saboteur("backend/bind/several-at-once", "takes one order at a time and turns others away", (backend) => {
    let isBusy = false;
    return {
      ...backend,
      bind: async (placement, call) => {
        if (isBusy) throw new SchedulerError("NO_CAPACITY", "Another order is under way.");
        isBusy = true;
        return backend.bind(placement, call).finally(() => {
          isBusy = false;
        });
      },
    };
  }),
  saboteur("backend/bind/does-not-wait-for-the-command", "waits until the command has ended", (backend) => ({
    ...backend,
    bind: async (placement, call) => {
      const lease = await backend.bind(placement, call);
      await wait(25 * 3_600_000, call);
      return lease;
    },
  })),
  saboteur("backend/bind/within-its-time", "takes a little longer than it says", (backend) => ({
    ...backend,
    bind: async (placement, call) => {
      const lease = await backend.bind(placement, call);
      await wait(backend.capabilities.bindMs, call);
      return lease;
    },
  })),
  saboteur("backend/bind/never-above-the-cap", "does not look at the cap", (backend) => ({
    ...backend,
    bind: (placement, call) => backend.bind({ ...placement, priceCapUsdPerHour: Number.POSITIVE_INFINITY }, call),
  })),
  saboteur("backend/bind/agreed-price-within-the-cap", "agrees on more than the cap", (backend) => ({
    ...backend,
    bind: async (placement, call) => ({
      ...(await backend.bind(placement, call)),
      price: { usdPerHour: placement.priceCapUsdPerHour * 1.01 },
    }),
  })),
  saboteur("backend/bind/expired-offer", "does not know whether an expired offer was taken", (backend) => ({
    ...backend,
    bind: (placement, call) => onError(backend.bind(placement, call), (error) => rethrow(error, { effect: "unknown" })),
  })),
  saboteur("backend/bind/aborted-call", "does not look at the signal", (backend) => ({
    ...backend,
    bind: (placement, call) => backend.bind(placement, deaf(call)),
  })),
  saboteur("backend/bind/any-key", "cuts keys off at 32 characters", (backend) => ({
    ...backend,
    bind: (placement, call) => backend.bind({ ...placement, key: placement.key.slice(0, 32) }, call),
  })),
  saboteur("backend/bind/placement-stays-as-it-is", "adds a variable of its own to the caller's environment", (backend) => ({
    ...backend,
    bind: async (placement, call) => {
      Object.assign(placement.launch.env, { REFERENCE_JOB: placement.key });
      return backend.bind(placement, call);
    },
  })),
  saboteur("backend/bind/progress-before-the-effect", "orders before it says so", (backend, { service }) => ({
    ...backend,
    bind: async (placement, call) => {
      service.order(placement.key, call.namespace.id);
      return backend.bind(placement, call);
    },
  })),
  saboteur("backend/bind/stops-when-progress-rejects", "takes a rejected progress for a detail", (backend) => ({
    ...backend,
    bind: (placement, call) => backend.bind(placement, { ...call, progress: (partial) => call.progress(partial).catch(() => {}) }),
  })),
  saboteur(
    "backend/bind/arguments-arrive-unchanged",
    "lets a shell have a look at arguments",
    mapArgs((arg) => arg.replaceAll("$HOME", "/root")),
  ),
  saboteur(
    "backend/bind/environment-arrives-unchanged",
    "leaves empty variables out",
    withLaunch((launch) => ({ ...launch, env: Object.fromEntries(Object.entries(launch.env).filter(([, value]) => value !== "")) })),
  ),
  saboteur(
    "backend/bind/secrets-arrive",
    "forgets the secrets",
    withLaunch((launch) => ({ ...launch, secrets: {} })),
  ),
  saboteur(
    "backend/bind/urls-arrive",
    "decodes URLs on the way",
    withLaunch((launch) => ({
      ...launch,
      outputs: launch.outputs.map((output) => (output.url === undefined ? output : { ...output, url: decodeURIComponent(output.url) })),
    })),
    "sidecar",
  ),
  saboteur(
    "backend/bind/wrapped-command-arrives",
    "takes `--` for its own",
    withLaunch((launch) => ({ ...launch, argv: launch.argv.filter((arg) => arg !== "--") })),
    "wrapper",
  ),
  saboteur("backend/find/bound", "finds nothing", (backend) => ({
    ...backend,
    find: async (intents) => intents.map(({ key }) => ({ kind: "absent" as const, key })),
  })),
  saboteur("backend/find/absent", "orders what it does not find", (backend, { service }) => ({
    ...backend,
    find: async (intents, call) => {
      const findings = await backend.find(intents, call);
      for (const { key, kind } of findings) if (kind === "absent") service.order(key, call.namespace.id);
      return findings;
    },
  })),
  saboteur("backend/find/one-finding-per-intent", "leaves absent keys out", (backend) => ({
    ...backend,
    find: async (intents, call) => {
      const findings = await backend.find(intents, call);
      return intents.length > 1 ? findings.filter(({ kind }) => kind !== "absent") : findings;
    },
  })),
  saboteur("backend/find/nothing-asked", "takes an empty question for a mistake", (backend) => ({
    ...backend,
    find: async (intents, call) => {
      if (intents.length === 0) throw rejected("No key was given.");
      return backend.find(intents, call);
    },
  })),
  saboteur("backend/find/while-binding", "believes for ever that a key is absent", (backend) => {
    const absent = new Set<string>();
    return {
      ...backend,
      find: async (intents, call) => {
        const findings = await backend.find(intents, call);
        for (const { key, kind } of findings) if (kind !== "bound") absent.add(key);
        return findings.map((finding) => (absent.has(finding.key) ? { kind: "absent", key: finding.key } : finding));
      },
    };
  }),
  saboteur("backend/find/elsewhere", "finds what its own process bound", (backend) => {
    const own = new Set<string>();
    return {
      ...backend,
      bind: async (placement, call) => {
        own.add(placement.key);
        return backend.bind(placement, call);
      },
      find: async (intents, call) =>
        (await backend.find(intents, call)).map((finding) => (own.has(finding.key) ? finding : { kind: "absent", key: finding.key })),
    };
  }),
  saboteur("backend/find/half-made-is-not-absent", "does not count orders", (backend) => ({
    ...backend,
    find: async (intents, call) =>
      (await backend.find(intents, call)).map((finding) => (finding.kind === "partial" ? { kind: "absent", key: finding.key } : finding)),
  })),
];
