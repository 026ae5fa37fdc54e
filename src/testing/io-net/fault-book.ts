/** Requests of the API. */
export type IoNetOperation =
  | "hardware"
  | "replicas"
  | "price"
  | "deploy"
  | "list"
  | "details"
  | "containers"
  | "containerJobs"
  | "log"
  | "extend"
  | "update"
  | "destroy"
  | "nodePools"
  | "unknown";

/** What goes wrong with a request. */
export type IoNetFault =
  /** No answer ever comes. `effect`: the request was carried out. */
  | { readonly kind: "silence"; readonly effect: boolean }
  /** An HTTP status. `effect`: the request was carried out all the same. */
  | {
      readonly kind: "status";
      readonly status: number;
      readonly body?: unknown;
      readonly headers?: Readonly<Record<string, string>>;
      readonly effect: boolean;
    }
  /** It is carried out, and the answer is no JSON. */
  | { readonly kind: "garbage" }
  /** It is carried out, and the answer comes late. */
  | { readonly kind: "slow"; readonly ms: number }
  /** The connection is cut. `effect`: after the request was carried out. */
  | { readonly kind: "cut"; readonly effect: boolean };

/** When a fault strikes. */
export interface IoNetFaultRule {
  readonly fault: IoNetFault;
  /** Default: any. */
  readonly operation?: IoNetOperation;
  /** For so many requests. Default 1. */
  readonly times?: number;
}

/** Faults that are to strike. */
export class FaultBook {
  #rules: { readonly rule: IoNetFaultRule; left: number }[] = [];

  add(rule: IoNetFaultRule): void {
    this.#rules.push({ rule, left: rule.times ?? 1 });
  }

  clear(): void {
    this.#rules = [];
  }

  strike(operation: IoNetOperation): IoNetFault | undefined {
    const found = this.#rules.find(({ rule, left }) => left > 0 && (rule.operation === undefined || rule.operation === operation));
    if (found === undefined) return undefined;
    found.left -= 1;
    return found.rule.fault;
  }
}
