import { pathToFileURL } from "node:url";
import { SchedulerError } from "../../model/errors/scheduler-error.js";

/**
 * The absolute path that a `file:` URI names. Stricter than the platform: what could be read in two ways is refused
 * instead of being tidied up (`..`, encoded slashes, other hosts, queries).
 *
 * @throws INVALID_WORKLOAD saying what is wrong with it.
 */
export function pathOfFileUri(uri: string): string {
  const match = /^file:\/\/(?:localhost)?(\/.*)$/is.exec(uri);
  if (match?.[1] === undefined) throw refused(uri, "must begin with file:/// and name a file on this machine");
  if (/[?#]/.test(match[1])) throw refused(uri, "must not have a query or fragment; write ? as %3F and # as %23");
  const segments = match[1].split("/").map((segment) => decoded(segment, uri));
  if (segments.some((segment) => segment === ".." || segment === ".")) throw refused(uri, "must not hold `.` or `..`");
  if (segments.some((segment) => /[/\0]/.test(segment))) throw refused(uri, "must not hold an encoded slash or NUL");
  return `/${segments.filter((segment) => segment !== "").join("/")}`;
}

/** The `file:` URI of an absolute path, everything unusual in it encoded. */
export const fileUriOf = (path: string): string => pathToFileURL(path).href;

/**
 * The URI of something below a base URI that ends in `/`. The segments of `below` are names, not URI text: what is special in
 * a URI is encoded.
 *
 * @throws INVALID_WORKLOAD when a segment is empty, `.` or `..`.
 */
export function joinUri(base: string, below: string): string {
  const segments = below.split("/");
  if (segments.some((segment) => segment === "" || segment === "." || segment === "..")) {
    throw new SchedulerError("INVALID_WORKLOAD", `${JSON.stringify(below)} cannot be the end of a URI: its parts must be names.`, {
      details: { path: below },
    });
  }
  return base + segments.map((segment) => encodeURIComponent(segment)).join("/");
}

function decoded(segment: string, uri: string): string {
  try {
    return decodeURIComponent(segment);
  } catch {
    throw refused(uri, "has a stray %; write it as %25");
  }
}

function refused(uri: string, what: string): SchedulerError {
  return new SchedulerError("INVALID_WORKLOAD", `The URI ${JSON.stringify(uri)} ${what}.`, { details: { field: "uri" } });
}
