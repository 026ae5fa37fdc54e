import { userInfo } from "node:os";
import { confinedPath } from "../../../kit/transfer/index.js";
import type { Launch } from "../../../spec/launch.js";
import { inputsOf } from "../launch-command.js";
import type { LeasePlace } from "../layout.js";
import { ROOT_VARIABLE } from "../process-runtime.js";

/** Where the attempt's directory is mounted. */
export const CONTAINER_ROOT = "/spillway";

export const NAMESPACE_LABEL = "spillway.ns";
export const BACKEND_LABEL = "spillway.backend";

/**
 * Arguments of `docker run` for a launch. The command replaces an entry point of the image, so that exactly the workload's argument
 * vector runs. Variables of the workload are in the arguments; of secrets only the names, their values come from the
 * client's environment.
 */
export function runArguments(launch: Launch, place: LeasePlace, backend: string, namespace: string): readonly string[] {
  const { cpu, memoryMiB } = launch.resources;
  const [program = "", ...args] = launch.argv;
  const labels = { ...launch.labels, [NAMESPACE_LABEL]: namespace, [BACKEND_LABEL]: backend };
  const env = { ...launch.env, [ROOT_VARIABLE]: CONTAINER_ROOT };
  return [
    "run",
    ...["--name", launch.key, "--pull", "never"],
    // Forwards signals to a command that, as process 1, would not get them, and reaps what it leaves behind.
    "--init",
    ...["--cpus", String(cpu), "--memory", `${memoryMiB}m`],
    ...user(),
    ...Object.entries(labels).flatMap(([name, value]) => ["--label", `${name}=${value}`]),
    ...mounts(launch, place).flatMap((mount) => ["--mount", mount]),
    ...Object.entries(env).flatMap(([name, value]) => ["--env", `${name}=${value}`]),
    ...Object.keys(launch.secrets).flatMap((name) => ["--env", name]),
    ...["--entrypoint", program, launch.image ?? "", ...args],
  ];
}

/** Files that the container writes into the mounted directory have to be removable by this process. */
function user(): readonly string[] {
  const { uid, gid } = userInfo();
  return uid > 0 ? ["--user", `${uid}:${gid}`] : [];
}

/** The attempt's directory, and each input with an absolute path as a file of its own: mounting its directory would hide the image's. */
function mounts(launch: Launch, place: LeasePlace): readonly string[] {
  const files = inputsOf(launch).filter(({ path }) => path.startsWith("/"));
  return [bind(place.root, CONTAINER_ROOT), ...files.map(({ path }) => bind(confinedPath(place.root, path), confinedPath("/", path)))];
}

/** The value of `--mount` is a line of CSV (RFC 4180). */
function bind(source: string, target: string): string {
  return ["type=bind", `source=${source}`, `target=${target}`].map(csvField).join(",");
}

const csvField = (text: string): string => (/[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
