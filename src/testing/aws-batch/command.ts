import type { Host, TimerHandle } from "../../spec/host.js";

/** What a command is started with, and whom it tells what becomes of it. */
export interface CommandStart {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly host: Host;
  /** From SIGTERM until it is gone, ms, if it does not end by itself. */
  readonly stopMs: number;
  readonly onLine: (line: string) => void;
  /** Called once, unless it was destroyed. `reason` is what the platform adds. */
  readonly onEnd: (exitCode: number, reason?: string) => void;
}

/** A command under way. */
export interface CommandRun {
  /** SIGTERM, and SIGKILL later. `onEnd` is called when it is gone. */
  stop(): void;
  /** Its machine is gone, or the simulator is closed: nothing is told any more. */
  destroy(): Promise<void>;
}

/** Starts commands. */
export interface Commands {
  begin(start: CommandStart): CommandRun;
  /** Why the image cannot be pulled, for commands that ask for it. */
  pullFailure(argv: readonly string[]): string | undefined;
  close(): Promise<void>;
}

/** After SIGKILL. */
export const KILLED = 137;

/** Time that a command takes which does nothing, ms. */
const SHORT_MS = 100;

/** Commands that are not run: their first argument says what they would do. */
export function wordCommands(): Commands {
  return { begin: beginWord, pullFailure: ([word, text]) => (word === "pull-fails" ? text : undefined), close: async () => {} };
}

function beginWord({ argv, host, stopMs, onLine, onEnd }: CommandStart): CommandRun {
  const [word, argument = ""] = argv;
  let timer: TimerHandle | undefined;
  let isOver = false;
  const endAfter = (ms: number, exitCode: number, reason?: string): void => {
    timer?.cancel();
    timer = host.setTimer(ms, () => {
      isOver = true;
      onEnd(exitCode, reason);
    });
  };
  switch (word) {
    case "exit":
      endAfter(SHORT_MS, Number(argument));
      break;
    case "sleep":
    case "trap":
      endAfter(Number(argument), 0);
      break;
    case "print":
      for (const line of argument.split("\n")) onLine(line);
      endAfter(SHORT_MS, 0);
      break;
    case "oom":
      endAfter(SHORT_MS, KILLED, "OutOfMemoryError: Container killed due to memory usage");
      break;
    default:
      // As of a command that the image does not have.
      endAfter(SHORT_MS, 127);
  }
  return {
    stop: () => {
      if (!isOver) endAfter(word === "trap" ? Math.min(1_000, stopMs) : stopMs, word === "trap" ? 0 : KILLED);
    },
    destroy: async () => {
      isOver = true;
      timer?.cancel();
    },
  };
}
