/** What can go wrong with a request to the simulator. The words are those of the conformance suite. */
export const AWS_BATCH_FAULTS = [
  "request-lost",
  "answer-lost",
  "server-error",
  "server-error-after-effect",
  "rate-limited",
  "malformed",
  "unauthorized",
  "slow",
] as const;
export type AwsBatchFault = (typeof AWS_BATCH_FAULTS)[number];

/** The operation of each verb that has its effect, or its answer. */
const OPERATIONS: Readonly<Record<string, string>> = {
  listOffers: "describejobqueues",
  bind: "submitjob",
  find: "listjobs",
  listLeases: "listjobs",
  inspect: "describejobs",
  release: "terminatejob",
  logs: "getlogevents",
};

/** Faults to order; fits the conformance suite's `FaultControl`. */
export interface AwsBatchFaultControl {
  readonly supported: readonly AwsBatchFault[];
  /** `verb` is one of a backend, or an operation in lower case such as `registerjobdefinition`. Default: any request. */
  readonly inject: (fault: AwsBatchFault, verb?: string, times?: number) => void;
  /** Ends every injected fault. */
  readonly clear: () => void;
}

/** The control, and what the server asks it. */
export interface FaultDesk {
  readonly control: AwsBatchFaultControl;
  /** The fault that strikes this request, if any; uses it up. */
  readonly strike: (operation: string) => AwsBatchFault | undefined;
}

export function createFaultDesk(): FaultDesk {
  let order: { readonly fault: AwsBatchFault; readonly operation: string | undefined; left: number } | undefined;
  return {
    control: {
      supported: AWS_BATCH_FAULTS,
      inject: (fault, verb, times = 1) => {
        order = { fault, operation: verb === undefined ? undefined : (OPERATIONS[verb] ?? verb), left: times };
      },
      clear: () => {
        order = undefined;
      },
    },
    strike: (operation) => {
      if (order === undefined || order.left <= 0 || (order.operation !== undefined && order.operation !== operation)) return undefined;
      order.left--;
      return order.fault;
    },
  };
}
