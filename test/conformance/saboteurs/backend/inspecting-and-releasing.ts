import type { LeaseRef } from "../../../../src/model/lease.js";
import { type BackendSaboteur, rejected, type Spoil, saboteur, withStatus } from "./saboteur.js";

/** Instances that know the keys that they bound themselves. */
const knowingOwn = (spoil: (isOwn: (key: string) => boolean) => Spoil): Spoil => {
  return (backend, world) => {
    const own = new Set<string>();
    return {
      ...spoil((key) => own.has(key))(backend, world),
      bind: async (placement, call) => {
        own.add(placement.key);
        return backend.bind(placement, call);
      },
    };
  };
};

/** Turns calls of one verb away while another one is under way. */
function exclusive(): { enter: () => void; leave: () => void } {
  let isBusy = false;
  return {
    enter: () => {
      if (isBusy) throw rejected("The lease is busy.");
      isBusy = true;
    },
    leave: () => {
      isBusy = false;
    },
  };
}

export const inspectingAndReleasingSaboteurs: readonly BackendSaboteur[] = [
  saboteur("backend/inspect/one-report-per-ref", "leaves leases out that are gone", (backend) => ({
    ...backend,
    inspect: async (refs, call) => {
      const reports = await backend.inspect(refs, call);
      return refs.length > 1 ? reports.filter(({ kind }) => kind !== "gone") : reports;
    },
  })),
  saboteur("backend/inspect/nothing-asked", "takes an empty question for a mistake", (backend) => ({
    ...backend,
    inspect: async (refs, call) => {
      if (refs.length === 0) throw rejected("No lease was given.");
      return backend.inspect(refs, call);
    },
  })),
  saboteur("backend/inspect/unknown-lease-is-gone", "throws when it does not know a lease", (backend, { service }) => ({
    ...backend,
    inspect: async (refs, call) => {
      if (refs.length === 1 && !service.leases.has(refs[0]?.key ?? "")) throw rejected("There is no such lease.");
      return backend.inspect(refs, call);
    },
  })),
  saboteur("backend/inspect/whole-batches", "reports on the first twenty", (backend) => ({
    ...backend,
    inspect: (refs, call) => backend.inspect(refs.slice(0, 20), call),
  })),
  saboteur(
    "backend/inspect/running-is-seen",
    "never says that a command runs",
    withStatus((report) => (report.phase === "running" ? { ...report, phase: "starting" } : report)),
  ),
  saboteur("backend/inspect/phases-go-forward", "sometimes answers from an old cache", (backend, world) => {
    let asked = 0;
    return withStatus((report) => (asked++ % 4 === 3 ? { kind: "status", key: report.key, phase: "pending" } : report))(backend, world);
  }),
  saboteur(
    "backend/inspect/success",
    "gives every end the reason LEASE_LOST",
    withStatus((report) => (report.phase === "exited" ? { ...report, reason: "LEASE_LOST" } : report)),
  ),
  saboteur(
    "backend/inspect/failure",
    "takes every exit for a success",
    withStatus((report) => (report.exitCode === 1 ? { ...report, exitCode: 0 } : report)),
  ),
  saboteur(
    "backend/inspect/odd-exit-codes",
    "knows the exit codes 0 and 1",
    withStatus((report) => (report.exitCode === undefined ? report : { ...report, exitCode: Math.min(report.exitCode, 1) })),
  ),
  saboteur(
    "backend/inspect/exit-stays",
    "forgets ended commands after five minutes",
    withStatus((report, { host }) =>
      report.endedAtMs !== undefined && host.now() - report.endedAtMs > 300_000 ? { kind: "gone", key: report.key } : report,
    ),
  ),
  saboteur(
    "backend/inspect/times-are-the-hosts",
    "tells times in seconds",
    withStatus((report) => (report.startedAtMs === undefined ? report : { ...report, startedAtMs: report.startedAtMs / 1_000 })),
  ),
  saboteur(
    "backend/inspect/node-of-this-backend",
    "names a node of another backend",
    withStatus((report) => ({ ...report, node: { backend: "elsewhere", node: "n1" } })),
  ),
  saboteur(
    "backend/inspect/elsewhere",
    "knows the leases of its own process",
    knowingOwn((isOwn) => withStatus((report) => (isOwn(report.key) ? report : { kind: "gone", key: report.key }))),
  ),
  saboteur("backend/release/ends-the-lease", "says `released` and does nothing", (backend) => ({
    ...backend,
    release: async () => "released",
  })),
  saboteur("backend/release/idempotent", "throws when it is asked again", (backend) => {
    const released = new Set<string>();
    return {
      ...backend,
      release: async (ref, how, call) => {
        if (released.has(ref.key)) throw rejected("The lease was released already.");
        const answer = await backend.release(ref, how, call);
        if (answer === "released") released.add(ref.key);
        return answer;
      },
    };
  }),
  saboteur("backend/release/unknown-lease", "throws when it does not know the lease", (backend, { service }) => ({
    ...backend,
    release: async (ref, how, call) => {
      if (!service.orders.has(ref.key)) throw rejected("There is no such lease.");
      return backend.release(ref, how, call);
    },
  })),
  saboteur("backend/release/pending-comes-to-an-end", "begins anew whenever it is asked", (backend, { service, host }) => ({
    ...backend,
    release: async (ref, how, call) => {
      const lease = service.leases.get(ref.key);
      if (lease) lease.closedAtMs = host.now() + 10_000;
      await backend.release(ref, how, call);
      return "pending";
    },
  })),
  saboteur("backend/release/right-after-bind", "takes what it does not see for released", (backend, { service }) => ({
    ...backend,
    release: async (ref, how, call) => {
      const lease = service.leases.get(ref.key);
      return lease && !service.isVisible(lease) ? "released" : backend.release(ref, how, call);
    },
  })),
  saboteur("backend/release/after-the-exit", "takes a lease for over when its command is", (backend, { service }) => ({
    ...backend,
    release: async (ref, how, call) => {
      const lease = service.leases.get(ref.key);
      return lease && service.stateOf(lease).phase === "exited" ? "released" : backend.release(ref, how, call);
    },
  })),
  saboteur("backend/release/while-inspecting", "does one thing at a time with a lease", (backend) => {
    const turn = exclusive();
    return {
      ...backend,
      inspect: async (refs, call) => {
        turn.enter();
        return backend.inspect(refs, call).finally(turn.leave);
      },
      release: async (ref, how, call) => {
        turn.enter();
        return backend.release(ref, how, call).finally(turn.leave);
      },
    };
  }),
  saboteur("backend/release/twice-at-once", "turns a second release away", (backend) => {
    const turn = exclusive();
    return {
      ...backend,
      release: async (ref, how, call) => {
        turn.enter();
        return backend.release(ref, how, call).finally(turn.leave);
      },
    };
  }),
  saboteur("backend/release/others-go-on", "closes everything there is", (backend, { service }) => ({
    ...backend,
    release: async (ref, how, call) => {
      for (const key of service.leases.keys()) service.close(key);
      return backend.release(ref, how, call);
    },
  })),
  saboteur(
    "backend/release/elsewhere",
    "releases what its own process bound",
    knowingOwn((isOwn) => (backend) => ({
      ...backend,
      release: async (ref, how, call) => (isOwn(ref.key) ? backend.release(ref, how, call) : "released"),
    })),
  ),
  saboteur("backend/leases/show-what-was-bound", "lists running leases alone", (backend, { service }) => ({
    ...backend,
    listLeases: async (call) => {
      const isOver = ({ key }: LeaseRef): boolean => {
        const lease = service.leases.get(key);
        return lease !== undefined && service.stateOf(lease).phase === "exited";
      };
      return (await backend.listLeases(call)).filter((ref) => !isOver(ref));
    },
  })),
  saboteur("backend/leases/only-our-own", "lists everything on the account", (backend, { service }) => ({
    ...backend,
    listLeases: async (call) => {
      const namespaces = new Set([...service.orders.values()].map(({ namespace }) => namespace));
      const lists = await Promise.all([...namespaces].map((id) => backend.listLeases({ ...call, namespace: { ...call.namespace, id } })));
      return lists.flat();
    },
  })),
  saboteur("backend/leases/forget-what-was-released", "lists released leases for a minute more", (backend, { service, host }) => ({
    ...backend,
    listLeases: async (call) => {
      const recent = [...service.leases.values()].filter(
        (lease) => lease.namespace === call.namespace.id && !service.isOpen(lease) && host.now() - service.endOf(lease) < 60_000,
      );
      return [...(await backend.listLeases(call)), ...recent.map(({ key }) => ({ backend: backend.id, key, data: {} }))];
    },
  })),
  saboteur("backend/leases/references-are-good", "forgets whose references it lists", (backend) => ({
    ...backend,
    listLeases: async (call) => (await backend.listLeases(call)).map((ref) => ({ ...ref, backend: "" })),
  })),
  saboteur(
    "backend/leases/elsewhere",
    "lists what its own process bound",
    knowingOwn((isOwn) => (backend) => ({
      ...backend,
      listLeases: async (call) => (await backend.listLeases(call)).filter(({ key }) => isOwn(key)),
    })),
  ),
];
