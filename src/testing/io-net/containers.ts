import type { Host } from "../../spec/host.js";

/** A container as a deployment asked for it, after the deployment layer. */
export interface ContainerRequest {
  readonly image: string;
  /** Entry point and arguments. */
  readonly argv: readonly string[];
  /** Secret variables included. */
  readonly env: Readonly<Record<string, string>>;
  readonly trafficPort: number;
}

/** Who watches a container. */
export interface ContainerWatcher {
  /** A line was printed. */
  line(stream: "stdout" | "stderr", text: string): void;
  /** The command has ended, and the container stays up, as it does under spillway's runner. */
  commandEnded(): void;
  /** The container's first process has ended. */
  exited(exitCode: number): void;
}

/** A container that runs. */
export interface RunningContainer {
  /** Where its traffic port can be reached, if it can. */
  readonly url?: string;
  /** Ends it. Its exit is not told any more. Resolves once nothing of it runs. */
  stop(): Promise<void>;
}

/** Runs the containers of simulated machines. */
export interface ContainerRuntime {
  /** Starts a container's command. */
  start(request: ContainerRequest, watcher: ContainerWatcher): RunningContainer;
  /** Removes what is left. */
  close?(): Promise<void>;
}

/** Options of {@link virtualContainers}. */
export interface VirtualContainerOptions {
  /** After the end of the command the container stays up. Default true. */
  readonly hold?: boolean;
}

/**
 * Plays commands on the host's clock instead of running them: `exit CODE` ends at once, `sleep MS` with 0 after so long, `print TEXT` writes to stdout
 * first; anything else ends at once with 0. More arguments are allowed.
 */
export function virtualContainers(host: Pick<Host, "setTimer">, options: VirtualContainerOptions = {}): ContainerRuntime {
  return {
    /** Starts a container's command. */
    start({ argv: [verb, argument = ""] }, watcher) {
      if (verb === "print") for (const line of argument.split("\n")) watcher.line("stdout", line);
      const timer = host.setTimer(verb === "sleep" ? Number(argument) : 1, () => {
        if (options.hold === false) watcher.exited(verb === "exit" ? Number(argument) : 0);
        else watcher.commandEnded();
      });
      return { stop: async () => timer.cancel() };
    },
  };
}
