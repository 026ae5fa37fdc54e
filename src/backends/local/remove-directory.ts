import { chmod, lstat, readdir, rm } from "node:fs/promises";
import { join } from "node:path";

/** Removes a directory and everything in it, also where a command took away the rights that this needs. */
export async function removeDirectory(directory: string): Promise<void> {
  try {
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code !== "EACCES" && code !== "EPERM") throw error;
    await openUp(directory);
    await rm(directory, { recursive: true, force: true, maxRetries: 3 });
  }
}

async function openUp(directory: string): Promise<void> {
  await chmod(directory, 0o700);
  for (const entry of await readdir(directory)) {
    const path = join(directory, entry);
    // Not through links: they may lead anywhere.
    if ((await lstat(path)).isDirectory()) await openUp(path);
  }
}
