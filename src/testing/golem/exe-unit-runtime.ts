/** One `run` command of a batch. */
export interface GolemCommand {
  readonly entryPoint: string;
  readonly args: readonly string[];
}

/** Who watches a command. */
export interface GolemCommandWatcher {
  /** Something was printed. */
  output(stream: "stdout" | "stderr", text: string): void;
  /** The command has ended. */
  exited(exitCode: number): void;
}

/** A command that runs. */
export interface RunningGolemCommand {
  /** Ends it. Its exit is not told any more. Resolves once nothing of it runs. */
  stop(): Promise<void>;
}

/** What an activity's machine is made from. */
export interface GolemMachineRequest {
  readonly activityId: string;
  /** VOLUME paths of the image and of the deployment: the only places that can be written to and read from outside. */
  readonly volumes: readonly string[];
  /** Environment of the image. */
  readonly env: Readonly<Record<string, string>>;
}

/** Files and commands of one activity. Paths are the container's, absolute and below a volume. */
export interface GolemMachine {
  /** Stores a file, in place of one that is there. */
  write(path: string, content: Uint8Array): Promise<void>;
  /** Nothing where there is no such file. */
  read(path: string): Promise<Uint8Array | undefined>;
  /** Starts a command. */
  run(command: GolemCommand, watcher: GolemCommandWatcher): RunningGolemCommand;
  /** Ends whatever runs and removes the files. */
  close(): Promise<void>;
}

/** Runs the machines of simulated providers. */
export interface GolemRuntime {
  /** Makes the machine of one activity. */
  open(request: GolemMachineRequest): Promise<GolemMachine>;
}

/** What a played command does. */
export interface PlayedCommand {
  readonly stdout?: string;
  readonly stderr?: string;
  /** Default 0. */
  readonly exitCode?: number;
  /** Default 1. */
  readonly afterMs?: number;
}
