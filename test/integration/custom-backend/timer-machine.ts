import type { Clock } from "../../../examples/05-custom-backend/jobs.js";
import type { Machine } from "../../../examples/05-custom-backend/machine.js";

const KILLED = 128 + 15;

/**
 * A machine that plays programs on a clock instead of running them, so that hours of them take no time. Understands
 * `exit CODE`, `sleep MS` and `print TEXT`; arguments after those are allowed.
 */
export function timerMachine(clock: Clock): Machine {
  return {
    run({ command: [verb = "", argument = ""] }, watcher) {
      let over = false;
      const end = (code: number): void => {
        if (over) return;
        over = true;
        watcher.exited(code);
      };
      if (verb === "print") watcher.output("stdout", argument);
      const cancel = clock.after(verb === "sleep" ? Number(argument) : 1, () => end(verb === "exit" ? Number(argument) : 0));
      return {
        stop: () => {
          cancel();
          end(KILLED);
        },
      };
    },
  };
}
