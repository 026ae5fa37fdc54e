import { bad, good, type Reading } from "../reading.js";
import { readText } from "./schema.js";

const MAX_PATH = 1_024;
const MAX_URI = 8_192;

/** The path without `.` segments, doubled and trailing slashes: equal for paths that name the same place. */
export function normalisePath(path: string): string {
  const segments = path.split("/").filter((segment) => segment !== "" && segment !== ".");
  return `${path.startsWith("/") ? "/" : ""}${segments.join("/")}`;
}

/** Reads a path of a workload: absolute in the container, or relative to the working directory; inside it, without `..`. */
export function readPath(value: unknown): Reading<string> {
  const path = readText(value, { max: MAX_PATH });
  if (!path.ok) return path;
  if (path.value.includes("\\")) return bad("must use / between directories, not \\");
  if (path.value.split("/").includes("..")) return bad("must not contain `..`; name the place itself");
  const normal = normalisePath(path.value);
  return normal === "" || normal === "/" ? bad("must name a file or a directory below the working directory or root") : path;
}

/** Reads a URI, or a path on the caller's machine where no scheme is written. What reads it is decided when it is used. */
export function readUri(value: unknown): Reading<string> {
  const uri = readText(value, { max: MAX_URI });
  if (!uri.ok) return uri;
  // A workload is stored and shown; a password in it would be too.
  if (/^[a-z][a-z0-9+.-]*:\/\/[^/?#]*:[^/?#]*@/i.test(uri.value))
    return bad("must not hold a password; give the artifact store its own credentials");
  return good(uri.value);
}

/** Paths that name the same place as an earlier one, or (for files) lie below one, with what they clash with. */
export function pathClashes(paths: readonly string[], kind: "files" | "places"): { readonly path: string; readonly problem: string }[] {
  const seen = new Set<string>();
  const clashes: { path: string; problem: string }[] = [];
  for (const path of paths) {
    const normal = normalisePath(path);
    if (seen.has(normal)) clashes.push({ path, problem: "names the same place as another entry" });
    seen.add(normal);
  }
  if (kind === "places") return clashes;
  for (const path of paths) {
    const segments = normalisePath(path).split("/");
    const parent = segments.map((_, index) => segments.slice(0, index).join("/")).find((above) => above !== "" && seen.has(above));
    if (parent !== undefined) clashes.push({ path, problem: "lies below another entry, which is a file" });
  }
  return clashes;
}
