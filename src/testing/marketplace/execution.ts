import type { ErrorCode } from "../../model/errors/codes.js";
import type { CallContext } from "../../spec/call-context.js";
import type { ByteSource, Launch, LogChunk } from "../../spec/launch.js";
import type { Fate } from "./fate.js";
import type { World } from "./world.js";

/** How far a command is. Times are the world's. */
export type ExecutionState =
  | { readonly phase: "waiting" }
  | { readonly phase: "running"; readonly startedAtMs: number }
  | {
      readonly phase: "exited";
      readonly startedAtMs: number;
      readonly endedAtMs: number;
      readonly exitCode: number;
      readonly reason?: ErrorCode;
    };

/** One file that a command left behind. */
export interface OutputFile {
  /** Path below the declared output, empty when that is a file itself. */
  readonly member: string;
  readonly body: ByteSource;
  /** The content, for those who want to change it. */
  readonly read: () => Promise<Uint8Array>;
}

/** Something in the way of a command that no seller planned: staging failed, or the process could not be started. */
export interface Breakage {
  readonly atMs: number;
  readonly reason: ErrorCode;
  readonly message: string;
}

/** One launch on a node. */
export interface Execution {
  /** Set once something broke. */
  readonly breakage: Breakage | undefined;
  /** Containers after the first one, where the platform starts again what exits. */
  readonly restarts?: number;
  /** Kills the container that runs and starts another, where the platform starts again what exits. */
  restart?(): void;
  /** Learns what a real process has done meanwhile. Called before states are asked for. */
  refresh(): Promise<void>;
  /** The state at a moment that is not in the future. */
  at(atMs: number): ExecutionState;
  /** Ends the command if it still runs. True once nothing of it is left. Idempotent. */
  stop(graceMs: number): Promise<boolean>;
  /** The files of a declared output; none when it does not exist. */
  files(path: string): Promise<readonly OutputFile[]>;
  /** What the command printed, from the beginning, until it ends or nobody listens any more. */
  logs(call: CallContext, ended: () => boolean): AsyncIterable<LogChunk>;
  /** Forgets files and whatever else is kept. */
  dispose(): Promise<void>;
}

/** What an executor is to run. */
export interface ExecutionRequest {
  readonly launch: Launch;
  readonly fate: Fate;
  readonly speed: number;
  /** Name under which a node lies, shared by those who agree on their lies. */
  readonly liar?: string;
  readonly begunAtMs: number;
  /** When the node or the lease will be gone, as far as that is fixed by now. */
  readonly endsAtMs: number;
}

/** A way to run launches: in virtual time, or really. */
export interface Executor {
  begin(request: ExecutionRequest, world: World): Execution;
}

/** Exit code of a command that was ended because its time was over: 128 + SIGTERM. */
export const TIMED_OUT_EXIT_CODE = 143;
