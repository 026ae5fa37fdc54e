import { link, readFile, rename, rm, writeFile } from "node:fs/promises";
import type { z } from "zod";
import type { Host } from "../../spec/host.js";

/** Writes a record so that a reader sees either the old or the new one, never half of it. Readable by this user only. */
export async function writeJsonFile(path: string, value: unknown, host: Host): Promise<void> {
  const temporary = `${path}.${host.newId()}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify(value), { mode: 0o600, flag: "wx" });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}

/**
 * {@link writeJsonFile} for a record that must never change: the first writer wins, of whatever process. Answers
 * whether that was this one.
 */
export async function writeJsonFileOnce(path: string, value: unknown, host: Host): Promise<boolean> {
  const temporary = `${path}.${host.newId()}.tmp`;
  try {
    await writeFile(temporary, JSON.stringify(value), { mode: 0o600, flag: "wx" });
    await link(temporary, path);
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "EEXIST") return false;
    throw error;
  } finally {
    await rm(temporary, { force: true });
  }
}

/** Reads a record. Nothing when there is no such file, or when it does not hold what the schema says. */
export async function readJsonFile<S extends z.ZodType>(path: string, schema: S): Promise<z.output<S> | undefined> {
  try {
    return schema.parse(JSON.parse(await readFile(path, "utf8")));
  } catch {
    return undefined;
  }
}
