import type { NanoUsd } from "../../model/money.js";
import type { Demand } from "../../model/offer.js";
import type { Backend } from "../../spec/backend.js";
import type { Namespace } from "../../spec/call-context.js";
import type { Capabilities } from "../../spec/capabilities.js";
import type { Host } from "../../spec/host.js";
import type { ConformanceLevel } from "../report.js";
import type { CommonSetup } from "../suite.js";
import type { Fault, FaultControl, FaultyVerb } from "./fault-control.js";

/** What an author says of a backend, and how the suite gets one. */
export interface BackendConformanceSetup extends CommonSetup {
  /** The backend's `kind`. */
  readonly kind: string;
  /** Equal to what the backend declares; known beforehand, because it decides which clauses apply. */
  readonly capabilities: Capabilities;
  /**
   * Whether the real service takes part.
   * @defaultValue "offline"
   */
  readonly level?: ConformanceLevel;
  /** A new backend for each case. Offline, with an other side of its own; live, on the one account. */
  readonly create: () => Promise<BackendUnderTest>;
  /** Something small that the backend has offers for. */
  readonly demand: Demand;
  /** The commands that the cases run. */
  readonly launches: ConformanceLaunches;
  /** Image of every launch; needed when `capabilities.images` is `required`. */
  readonly image?: string;
  /** `placement.options` of every launch. */
  readonly options?: unknown;
  /** `bind` has several effects in a row and stores a partial reference through `progress` before them. Default false. */
  readonly partial?: boolean;
  /** The backend itself ends commands at `launch.timeoutMs`. Default false. */
  readonly enforcesTimeout?: boolean;
  /** Faults that the created {@link BackendUnderTest.faults} can bring about. Default none. */
  readonly faults?: readonly Fault[];
  /** Verbs that ask the other side nothing, so that no fault can strike them. Default none. */
  readonly silentVerbs?: readonly FaultyVerb[];
  /** How long things may take here. */
  readonly limits?: ConformanceLimits;
  /**
   * Where launches really run, for the clauses of the group `runner`. Only with `wrapper` staging; without it those clauses are inapplicable. The other
   * cases keep to `create`, which may play commands on virtual time.
   */
  readonly containers?: ConformanceContainers;
}

/** An other side that carries out what it is given, for backends with `wrapper` staging. */
export interface ConformanceContainers {
  /**
   * Like {@link BackendConformanceSetup.create}, on real time. Launches run with a POSIX shell, its usual tools, and curl or GNU wget, and reach servers on this
   * machine's loopback interface. What a launch calls `/out` is `$SPILLWAY_ROOT/out` where that variable is set.
   */
  readonly create: () => Promise<ContainersUnderTest>;
  /** How long things may take there. */
  readonly limits?: ConformanceLimits;
  /**
   * How long answers there lag behind, ms: a simulator on real time need not lag as much as is declared. Default `capabilities.visibilityMs`.
   */
  readonly visibilityMs?: number;
  /**
   * Before a container is killed it gets SIGTERM and the release's grace.
   * @defaultValue true
   */
  readonly terminates?: boolean;
}

/** A backend whose other side really runs containers. */
export interface ContainersUnderTest extends BackendUnderTest {
  /** How often a container of this key has been started. */
  readonly starts: (key: string) => number | Promise<number>;
  /**
   * Kills the key's container without a warning and starts another on an empty disk, as a platform does that moves it. Leave out where nothing is
   * started again.
   */
  readonly restart?: (key: string) => void | Promise<void>;
}

/** Times that differ from place to place, all ms of the host. */
export interface ConformanceLimits {
  /** Until `bind` has answered. Default `capabilities.bindMs`. */
  readonly bindMs?: number;
  /** From bind until the command runs. Default `capabilities.provisionMs`. */
  readonly startMs?: number;
  /** From the start of a short command until its exit is reported. Default 60,000. */
  readonly runMs?: number;
  /** Until a release that was `pending` is `released`, and a charge is final. Default 300,000. */
  readonly releaseMs?: number;
  /** Until any other verb has answered. Default 30,000. */
  readonly answerMs?: number;
  /** Until a call that was aborted has rejected. Default 1,000. */
  readonly abortMs?: number;
  /** For how long it is watched that nothing more happens. Default an hour on virtual time, else 300. */
  readonly observeMs?: number;
  /** Lifetime of leases whose end the backend is to enforce. Default half an hour on virtual time, else 2,000. */
  readonly lifetimeMs?: number;
  /** How late an enforced end may come. Default 60,000 on virtual time, else 5,000. */
  readonly lifetimeSlackMs?: number;
}

/** A backend with its other side, and what can be seen there. What is left out cannot be checked, and the report says so. */
export interface BackendUnderTest {
  /** The instance that the cases call. */
  readonly backend: Backend;
  /** What it is given with each call. */
  readonly host: Host;
  /** Whose leases the cases make. */
  readonly namespace: Namespace;
  /** Virtual hosts only: lets so much time pass, with all that falls due and all I/O that is under way. */
  readonly advance?: (ms: number) => Promise<void>;
  /** Needed with {@link BackendConformanceSetup.faults}. */
  readonly faults?: FaultControl;
  /** What the other side has charged up to now, by placement key. */
  readonly ledger?: () => ReadonlyMap<string, NanoUsd> | Promise<ReadonlyMap<string, NanoUsd>>;
  /** How many placements really have something open at the other side: an order, a lease, a machine. */
  readonly openCount?: () => number | Promise<number>;
  /** A fresh instance on the same other side, as another process would make it. Needed with `affinity: "any"`. */
  readonly another?: () => Promise<Backend>;
  /**
   * Whether the command of this key has run to its end at the other side. For backends without `exitCode` whose platform keeps or restarts
   * what ended, so that no report ever says `exited`: cases that need an end then look here.
   */
  readonly hasEnded?: (key: string) => boolean | Promise<boolean>;
  /** What arrived at the other side for the launches of this key made with {@link ConformanceLaunches.record}. */
  readonly received?: (key: string) => Promise<readonly ReceivedLaunch[]>;
  /** Offers a file for download and answers a URL that the backend or the node can read. Needed with `native` staging. */
  readonly publish?: (content: Uint8Array) => Promise<string>;
  /** Takes the other side down. The suite has released everything by then. */
  readonly close: () => Promise<void>;
}

/** A launch as the other side got it. */
export interface ReceivedLaunch {
  /** The arguments after those that make the command record. */
  readonly args: readonly string[];
  /** The command's whole environment. */
  readonly env: Readonly<Record<string, string>>;
  /** With `sidecar` staging: every URL that helper containers were given. */
  readonly urls?: readonly string[];
}

/** Argument vectors, in whatever this backend's machines or simulator understand. */
export interface ConformanceLaunches {
  /** Ends at once with exit code 0. */
  readonly succeed: () => readonly string[];
  /** Ends at once with this exit code. */
  readonly fail: (exitCode: number) => readonly string[];
  /** Ends with exit code 0 after so long. */
  readonly sleep: (ms: number) => readonly string[];
  /** Ends with exit code 0. Its last arguments are these; {@link BackendUnderTest.received} tells what arrived. */
  readonly record?: (args: readonly string[]) => readonly string[];
  /** Writes the text to stdout and ends with exit code 0. Needed with `logs`. */
  readonly print?: (text: string) => readonly string[];
  /** Writes files (absolute paths, as launches declare them) and ends with this exit code. Needed with `native` staging. */
  readonly writeOutputs?: (files: Readonly<Record<string, string>>, exitCode: number) => readonly string[];
  /** Ends with exit code 0 if the file has this digest (lower-case hex), else with 1. Needed with `native` staging. */
  readonly checkInput?: (path: string, sha256: string) => readonly string[];
  /** Copies files byte by byte, each from an absolute path to another, whose directory may not exist yet; ends with exit code 0. With `native` staging. */
  readonly copy?: (files: Readonly<Record<string, string>>) => readonly string[];
}
