import type { Host } from "../../spec/host.js";

/** Directories that a command gets instead of the user's own. */
export interface PrivateDirectories {
  /** Becomes `HOME`, so that caches and settings of the user are neither read nor written. */
  readonly home: string;
  /** Becomes `TMPDIR`. */
  readonly temporary: string;
}

const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin";

/**
 * The environment that a command gets before anything it declares: `PATH` and `LANG` of this process (or
 * `/usr/local/bin:/usr/bin:/bin` and `C.UTF-8`), and a `HOME` and `TMPDIR` of its own. Nothing else is inherited, so no
 * key or token of the scheduler's process reaches a command by accident.
 */
export function minimalEnvironment(host: Host, directories: PrivateDirectories): Readonly<Record<string, string>> {
  return {
    PATH: host.env("PATH") ?? DEFAULT_PATH,
    LANG: host.env("LANG") ?? "C.UTF-8",
    HOME: directories.home,
    TMPDIR: directories.temporary,
  };
}
