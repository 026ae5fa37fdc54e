import type { Host, TimerHandle } from "../../spec/host.js";
import type { SimulatedYagnaOptions, YagnaDelays } from "./options.js";

const DEFAULT_DELAYS: YagnaDelays = {
  matchMs: 5,
  negotiateMs: 20,
  approveMs: 5,
  createMs: 5,
  deployMs: 20,
  startMs: 5,
  destroyMs: 5,
  invoiceMs: 20,
  settleMs: 50,
  idleMs: 90_000,
};

/** What every part of the simulator lives by: time, names, and the account. */
export class YagnaWorld {
  readonly host: Host;
  readonly delays: YagnaDelays;
  readonly platforms: readonly string[];
  readonly subnet: string;
  readonly identity: string;
  readonly agreementEventKey: "eventType" | "eventtype";
  readonly #wallClock: () => number;
  readonly #timers = new Set<TimerHandle>();

  constructor(options: SimulatedYagnaOptions) {
    const { host } = options;
    this.host = host;
    this.delays = { ...DEFAULT_DELAYS, ...options.delays };
    this.platforms = options.platforms ?? ["erc20-hoodi-tglm", "erc20-polygon-glm"];
    this.subnet = options.subnet ?? "public";
    this.agreementEventKey = options.agreementEventKey ?? "eventType";
    this.identity = this.nodeId("requestor");
    this.#wallClock = options.wallClock ?? (() => host.now());
  }

  /** The time of day on the wire. */
  wallMs(): number {
    return this.#wallClock();
  }

  /** A time of day as the wire has it. */
  iso(ms = this.wallMs()): string {
    return new Date(ms).toISOString();
  }

  /** A new id without a form, as demands, agreements and activities have. */
  newId(): string {
    return this.host.randomHex(16);
  }

  /** A node id that belongs to a name. */
  nodeId(name: string): string {
    return `0x${this.host.sha256(`golem node ${name}`).slice(0, 40)}`;
  }

  after(ms: number, then: () => void): TimerHandle {
    const timer = this.host.setTimer(ms, () => {
      this.#timers.delete(timer);
      then();
    });
    this.#timers.add(timer);
    return {
      cancel: () => {
        this.#timers.delete(timer);
        timer.cancel();
      },
    };
  }

  /** Nothing happens by itself any more. */
  stop(): void {
    for (const timer of this.#timers) timer.cancel();
    this.#timers.clear();
  }
}
