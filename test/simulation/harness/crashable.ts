import type { Backend } from "../../../src/spec/backend.js";
import type { CallContext } from "../../../src/spec/call-context.js";
import type { Host, TimerHandle } from "../../../src/spec/host.js";
import type { Store } from "../../../src/spec/store.js";

/**
 * One scheduler process. Killed, it does nothing more and nothing reaches it. Paused (as by a long garbage collection or a
 * suspended machine), it stands still and then goes on as if nothing had happened, while others have taken its work over.
 */
export class Process {
  readonly host: Host;
  #alive = true;
  readonly #base: Host;
  readonly #timers = new Set<TimerHandle>();
  #paused: Promise<void> | undefined;
  #resume: () => void = () => {};

  constructor(base: Host) {
    this.#base = base;
    this.host = {
      ...bindAll(base),
      setTimer: (delayMs, fire, options) => {
        if (!this.#alive) return { cancel: () => {} };
        const timer = base.setTimer(
          delayMs,
          () => {
            this.#timers.delete(timer);
            if (this.#paused === undefined) {
              if (this.#alive) fire();
            } else void this.#paused.then(() => this.#alive && fire());
          },
          options,
        );
        this.#timers.add(timer);
        return {
          cancel: () => {
            timer.cancel();
            this.#timers.delete(timer);
          },
        };
      },
    };
  }

  kill(): void {
    this.#alive = false;
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }

  pause(): void {
    this.#paused ??= new Promise((resolve) => {
      this.#resume = () => {
        this.#paused = undefined;
        resolve();
      };
    });
  }

  resume(): void {
    this.#resume();
  }

  /** What was sent before a kill takes effect; its answer never arrives. What comes after is never sent. */
  async #guard<T>(call: () => Promise<T>): Promise<T> {
    if (this.#paused !== undefined) await this.#paused;
    if (!this.#alive) return never();
    try {
      return await call();
    } finally {
      if (this.#paused !== undefined) await this.#paused;
      if (!this.#alive) await never();
    }
  }

  store(store: Store): Store {
    return {
      ...store,
      open: () => this.#guard(() => store.open(this.#base)),
      namespace: (proposal) => this.#guard(() => store.namespace(proposal)),
      commit: (batch, tx) => this.#guard(() => store.commit(batch, tx)),
      load: (ids) => this.#guard(() => store.load(ids)),
      loadGroup: (id) => this.#guard(() => store.loadGroup(id)),
      openLeases: (backend) => this.#guard(() => store.openLeases(backend)),
      query: (query) => this.#guard(() => store.query(query)),
      findKey: (key) => this.#guard(() => store.findKey(key)),
      events: (id, after) => this.#guard(() => store.events(id, after)),
      decisions: (id) => this.#guard(() => store.decisions(id)),
      balances: (accounts) => this.#guard(() => store.balances(accounts)),
      observations: (cursor) => this.#guard(() => store.observations(cursor)),
      claim: (request) => this.#guard(() => store.claim(request)),
      acknowledge: (claims) => this.#guard(() => store.acknowledge(claims)),
      watch: (listener) => store.watch((id) => void (this.#alive && listener(id))),
      purge: (before) => this.#guard(() => store.purge(before)),
      // The store outlives its processes.
      close: () => Promise.resolve(),
    };
  }

  backend(backend: Backend): Backend {
    const real = (call: CallContext): CallContext => ({
      ...call,
      host: this.#base,
      progress: (partial) => this.#guard(() => call.progress(partial)),
    });
    const { collect, start } = backend;
    return {
      specVersion: backend.specVersion,
      id: backend.id,
      kind: backend.kind,
      capabilities: backend.capabilities,
      listOffers: (demand, call) => this.#guard(() => backend.listOffers(demand, real(call))),
      bind: (placement, call) => this.#guard(() => backend.bind(placement, real(call))),
      find: (intents, call) => this.#guard(() => backend.find(intents, real(call))),
      inspect: (leases, call) => this.#guard(() => backend.inspect(leases, real(call))),
      release: (lease, how, call) => this.#guard(() => backend.release(lease, how, real(call))),
      listLeases: (call) => this.#guard(() => backend.listLeases(real(call))),
      ...(start === undefined ? {} : { start: (lease, launch, call) => this.#guard(() => start.call(backend, lease, launch, real(call))) }),
      ...(collect === undefined
        ? {}
        : { collect: (lease, outputs, call) => this.#guard(() => collect.call(backend, lease, outputs, real(call))) }),
    };
  }
}

const never = <T>(): Promise<T> => new Promise<T>(() => {});

function bindAll(host: Host): Host {
  return {
    now: () => host.now(),
    monotonic: () => host.monotonic(),
    setTimer: (delayMs, fire, options) => host.setTimer(delayMs, fire, options),
    random: () => host.random(),
    newId: () => host.newId(),
    randomHex: (bytes) => host.randomHex(bytes),
    sha256: (data) => host.sha256(data),
    createSha256: () => host.createSha256(),
    hmacSha256: (secret, data) => host.hmacSha256(secret, data),
    env: (name) => host.env(name),
  };
}
