import { isRunning, type ProcessIdentity } from "./identity.js";
import { type CommandRecord, type ExitRecord, readCommand, readExit, readSupervisor } from "./records.js";

/**
 * - `absent`: no supervisor was ever started here.
 * - `starting`: it is there, the command is not yet.
 * - `exited`: the command ended and nothing of it is left.
 * - `lost`: the supervisor is gone without having said how it ended (killed, or the machine restarted). Parts of the command may still run.
 */
export type ProcessState =
  | { readonly kind: "absent" }
  | { readonly kind: "starting"; readonly supervisor: ProcessIdentity }
  | { readonly kind: "running"; readonly supervisor: ProcessIdentity; readonly command: CommandRecord }
  | { readonly kind: "exited"; readonly exit: ExitRecord }
  | { readonly kind: "lost"; readonly command?: CommandRecord };

/** Says what became of the command that was started in a directory, whichever process started it. Changes nothing. */
export async function readProcessState(directory: string): Promise<ProcessState> {
  const exit = await readExit(directory);
  if (exit !== undefined) return { kind: "exited", exit };
  const supervisor = await readSupervisor(directory);
  if (supervisor === undefined) return { kind: "absent" };
  const running = await isRunning(supervisor);
  const command = await readCommand(directory);
  if (running) return command === undefined ? { kind: "starting", supervisor } : { kind: "running", supervisor, command };
  // It may have written its last record between the first look and now.
  const late = await readExit(directory);
  if (late !== undefined) return { kind: "exited", exit: late };
  return command === undefined ? { kind: "lost" } : { kind: "lost", command };
}
