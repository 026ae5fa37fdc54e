import { link, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { pid } from "node:process";
import { z } from "zod";
import { identifyProcess, isRunning, pause, readJsonFile } from "../../kit/process/index.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import type { CallContext } from "../../spec/call-context.js";

const holder = z.object({ pid: z.int(), start: z.string(), free: z.boolean() });

const LEAST_WAIT_MS = 2;
const SPREAD_MS = 10;
/** Used numbers that are left in place, so that a process that slept through a few turns finds its number taken. */
const KEPT = 16;

/**
 * Does something while no other process, and nobody else in this one, does so in the same directory. A process that dies
 * while it holds the lock does not keep it.
 *
 * The lock is a row of numbered files: the one with the highest number says who holds it, or that it is free. It is taken by creating the
 * next number, which only one can do, and given back by rewriting one's own file. A lock whose holder is dead is
 * taken in the same way, so nothing is ever removed that somebody else might just be acquiring.
 *
 * @throws BACKEND_TIMEOUT, without effect, when it is not free by the call's deadline; the signal's reason on abort.
 */
export async function withLock<T>(
  directory: string,
  call: Pick<CallContext, "host" | "signal" | "deadlineMs">,
  work: () => Promise<T>,
): Promise<T> {
  const { host } = call;
  const own = await identifyProcess(pid);
  if (own === undefined)
    throw new SchedulerError("INVARIANT_BROKEN", "This process could not find itself in the process table.", { effect: "none" });
  const number = await acquire(directory, own, call);
  try {
    return await work();
  } finally {
    const file = join(directory, nameOf(number));
    const temporary = join(directory, `.${host.newId()}`);
    await writeFile(temporary, JSON.stringify({ ...own, free: true }));
    await rename(temporary, file);
  }
}

async function acquire(
  directory: string,
  own: { readonly pid: number; readonly start: string },
  call: Pick<CallContext, "host" | "signal" | "deadlineMs">,
): Promise<number> {
  const { host, signal } = call;
  for (;;) {
    const highest = (await numbersIn(directory)).at(-1) ?? 0;
    if (highest === 0 || (await isFree(join(directory, nameOf(highest))))) {
      if (await take(directory, highest + 1, own, host.newId())) return highest + 1;
      continue;
    }
    if (host.now() >= call.deadlineMs) {
      throw new SchedulerError("BACKEND_TIMEOUT", "Another process kept the lock of the local backend's directory for too long.", {
        effect: "none",
      });
    }
    await pause(host, LEAST_WAIT_MS + SPREAD_MS * host.random(), signal);
  }
}

/**
 * True when this one got it. Somebody who looked long ago may create a number that was used and removed since; it is
 * then not the highest.
 */
async function take(directory: string, number: number, own: object, id: string): Promise<boolean> {
  const temporary = join(directory, `.${id}`);
  const file = join(directory, nameOf(number));
  await writeFile(temporary, JSON.stringify({ ...own, free: false }));
  try {
    await link(temporary, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  const numbers = await numbersIn(directory);
  if (numbers.at(-1) !== number) {
    await rm(file, { force: true });
    return false;
  }
  await Promise.all(numbers.filter((lower) => lower <= number - KEPT).map((lower) => rm(join(directory, nameOf(lower)), { force: true })));
  return true;
}

async function isFree(file: string): Promise<boolean> {
  const found = await readJsonFile(file, holder);
  // Gone: somebody else took a higher number meanwhile, which `take` finds out.
  return found === undefined || found.free || !(await isRunning(found));
}

async function numbersIn(directory: string): Promise<readonly number[]> {
  const names = await readdir(directory);
  return names
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .sort((a, b) => a - b);
}

const nameOf = (number: number): string => String(number).padStart(12, "0");
