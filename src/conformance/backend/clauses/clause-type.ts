import type { Clause } from "../../clause.js";
import type { Fault, FaultyVerb } from "../fault-control.js";
import type { BackendConformanceSetup } from "../setup.js";
import type { BackendTrial } from "../trial.js";

export interface BackendClause extends Clause<BackendTrial, BackendConformanceSetup> {
  /** The case runs where commands really run: {@link BackendConformanceSetup.containers}. Default false. */
  readonly inContainers?: boolean;
}

type Condition = (setup: BackendConformanceSetup) => string | undefined;

/** The first reason of several conditions. */
export const unless =
  (...conditions: readonly Condition[]): Condition =>
  (setup) => {
    for (const condition of conditions) {
      const reason = condition(setup);
      if (reason !== undefined) return reason;
    }
    return undefined;
  };

export const exitCodesAreTrusted: Condition = ({ capabilities }) => (capabilities.exitCode ? undefined : "`exitCode` is not declared.");

export const stagesNatively: Condition = ({ capabilities }) =>
  capabilities.staging === "native" ? undefined : `Staging is declared as \`${capabilities.staging}\`.`;

export const isWrapped: Condition = ({ capabilities }) =>
  capabilities.staging === "wrapper" ? undefined : `Staging is declared as \`${capabilities.staging}\`.`;

export const hasContainers: Condition = ({ containers }) =>
  containers ? undefined : "The setup has no `containers` that really run commands.";

export const hasLogs: Condition = ({ capabilities }) => (capabilities.logs ? undefined : "`logs` is not declared.");

export const reusesLeases: Condition = ({ capabilities }) => (capabilities.reuse ? undefined : "`reuse` is not declared.");

export const movesBetweenProcesses: Condition = ({ capabilities }) =>
  capabilities.affinity === "any" ? undefined : "Leases are declared as bound to their process.";

export const reportsCharges: Condition = ({ capabilities }) =>
  capabilities.charges === "reported" ? undefined : "`charges` is not declared: the runtime meters.";

export const enforcesLifetime: Condition = ({ capabilities }) =>
  capabilities.enforcesLifetime ? undefined : "`enforcesLifetime` is not declared.";

export const storesPartials: Condition = ({ partial }) => (partial ? undefined : "`bind` has one effect and stores no partial reference.");

export const hasRecordingLaunch: Condition = ({ launches }) =>
  launches.record ? undefined : "The setup has no launch that records what arrives.";

/** The fault can be brought about, at this verb. */
export const canSuffer =
  (fault: Fault, verb?: FaultyVerb): Condition =>
  ({ faults = [], silentVerbs = [] }) => {
    if (!faults.includes(fault)) return `The setup cannot bring about "${fault}".`;
    return verb !== undefined && silentVerbs.includes(verb) ? `\`${verb}\` asks the other side nothing.` : undefined;
  };
