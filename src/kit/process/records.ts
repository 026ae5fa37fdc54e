import { join } from "node:path";
import { z } from "zod";
import { readJsonFile } from "./json-file.js";

/**
 * What is kept about one supervised command, as files in its directory. Whoever can read the directory knows as much
 * as the process that started the command.
 */
export const RECORD_FILES = {
  /** Identity of the supervisor, written before it is told what to run. */
  supervisor: "supervisor.json",
  /** Identity of the command, written by the supervisor. */
  command: "command.json",
  /** How the command ended, written by the supervisor once nothing of it is left. */
  exit: "exit.json",
  /** Somebody wants it to end. Whoever starts a command looks for it first. */
  stop: "stop.json",
  stdout: "stdout",
  stderr: "stderr",
  /** What the supervisor itself has to say, normally nothing. */
  log: "supervisor.log",
} as const;

const identity = z.object({ pid: z.int().positive(), start: z.string() });

const commandRecord = identity.extend({ startedAtMs: z.number() });

const exitRecord = z.object({
  /** The command's own code, 128 + n when signal n ended it, 127 when it was not found, 126 when it could not be run. */
  code: z.int(),
  signal: z.string().exactOptional(),
  /** Set when the supervisor ended it: its time was over, its directory's life was over, or somebody asked. */
  cause: z.enum(["timeout", "lifetime", "stopped"]).exactOptional(),
  /** Why it could not be run, as the system names it: `ENOENT`, `EACCES` ... */
  error: z.string().exactOptional(),
  /** The kernel killed something for memory in this cgroup while the command ran, and the command died of SIGKILL. */
  outOfMemory: z.boolean(),
  startedAtMs: z.number(),
  endedAtMs: z.number(),
});

const stopRecord = z.object({ atMs: z.number(), graceMs: z.number().nonnegative() });

export type CommandRecord = z.output<typeof commandRecord>;
export type ExitRecord = z.output<typeof exitRecord>;
export type StopRecord = z.output<typeof stopRecord>;

export const readSupervisor = (directory: string) => readJsonFile(join(directory, RECORD_FILES.supervisor), identity);
export const readCommand = (directory: string) => readJsonFile(join(directory, RECORD_FILES.command), commandRecord);
export const readExit = (directory: string) => readJsonFile(join(directory, RECORD_FILES.exit), exitRecord);
export const readStop = (directory: string) => readJsonFile(join(directory, RECORD_FILES.stop), stopRecord);
