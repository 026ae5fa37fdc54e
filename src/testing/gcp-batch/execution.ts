import type { Host } from "../../spec/host.js";

/** A container's command as a job asked for it. */
export interface SimulatedCommand {
  readonly image: string;
  /** Entry point and arguments. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

/** A command that runs. */
export interface RunningCommand {
  /** Ends it, with so much time between the request and the end. Its exit is not reported any more. Resolves once nothing of it runs. */
  stop(graceMs: number): Promise<void>;
}

/** Runs the commands of simulated machines. */
export interface CommandExecution {
  /** Begins; calls back once when the command has ended by itself, and before with all that it prints. */
  run(
    command: SimulatedCommand,
    ended: (exitCode: number) => void,
    printed: (stream: "stdout" | "stderr", text: string) => void,
  ): RunningCommand;
  /** Removes what is left. */
  close?(): Promise<void>;
}

/**
 * Plays commands on the host's clock instead of running them: `exit CODE` ends at once, `sleep MS` with 0 after so long, `print TEXT` and `complain TEXT`
 * (to stderr) print; anything else ends at once with 0. More arguments are allowed.
 */
export function virtualCommands(host: Pick<Host, "setTimer">): CommandExecution {
  return {
    run({ argv: [verb, argument] }, ended, printed) {
      if (verb === "print" || verb === "complain") printed(verb === "print" ? "stdout" : "stderr", argument ?? "");
      const lastsMs = verb === "sleep" ? Number(argument) : 1;
      const timer = host.setTimer(lastsMs, () => ended(verb === "exit" ? Number(argument) : 0));
      return { stop: async () => timer.cancel() };
    },
  };
}
