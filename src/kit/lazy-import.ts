import { SchedulerError } from "../model/errors/scheduler-error.js";

/** Options of {@link importPeer}. */
export interface ImportPeerOptions {
  /** The backend's or store's id, for messages. */
  readonly subject: string;
  /** The option by which users pass a client of their own instead. */
  readonly option?: string;
}

/**
 * Loads an optional peer dependency when it is first needed. Pass `() => import("the-package")`, so that bundlers and types see it.
 *
 * @throws DEPENDENCY_MISSING with both ways out: install it, or pass your own client. Also when the package is there but fails to load;
 * its own error is then the cause.
 */
export async function importPeer<T>(name: string, importer: () => Promise<T>, options: ImportPeerOptions): Promise<T> {
  try {
    return await importer();
  } catch (error) {
    const instead = options.option === undefined ? "" : `, or pass your own client as \`${options.option}\``;
    const missing = isMissing(error, name);
    const message = missing
      ? `${options.subject} needs the package ${name}, which is not installed. Run \`npm install ${name}\`${instead}.`
      : `${options.subject} needs the package ${name}, which is installed but could not be loaded. Reinstall it with \`npm install ${name}\`${instead}.`;
    throw new SchedulerError("DEPENDENCY_MISSING", message, { cause: error, details: { package: name } });
  }
}

/** The package itself is not there, as opposed to one of *its* dependencies or an error while it is evaluated. */
function isMissing(error: unknown, name: string): boolean {
  if (!(error instanceof Error)) return false;
  const { code } = error as { readonly code?: unknown };
  const known = code === "ERR_MODULE_NOT_FOUND" || code === "MODULE_NOT_FOUND" || code === "ERR_PACKAGE_PATH_NOT_EXPORTED";
  // `Cannot find package 'x' imported from ...` and `Cannot find module 'x'`; a bundler's test runner may only say `x`.
  return (
    (known || /cannot find (package|module)|failed to (load|resolve)/i.test(error.message)) &&
    new RegExp(`['"\`]${quoted(name)}[/'"\`]`).test(error.message)
  );
}

const quoted = (text: string): string => text.replace(/[.*+?^${}()|[\]\\/]/g, "\\$&");
