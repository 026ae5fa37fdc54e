import { rename } from "node:fs/promises";
import { join } from "node:path";
import { isKey } from "../../../kit/keys.js";
import { confinedPath, makeParents } from "../../../kit/transfer/index.js";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { CallContext } from "../../../spec/call-context.js";
import type { Launch } from "../../../spec/launch.js";
import type { LeasePlace } from "../layout.js";
import { ROOT_VARIABLE } from "../process-runtime.js";
import { removeDirectory } from "../remove-directory.js";
import type { CommandRuntime } from "../runtime.js";
import { containerState, isDoubtful, judgeContainer } from "./container-state.js";
import { CLIENT_VARIABLES, clientEnvironment, DockerClient, lastLine } from "./docker-client.js";
import { pullImage } from "./pull-image.js";
import { BACKEND_LABEL, NAMESPACE_LABEL, runArguments } from "./run-arguments.js";

const CHECK_TIMEOUT_MS = 10_000;

/**
 * Runs commands in containers named by their placement key. The supervisor runs `docker run` in the foreground rather than
 * detached: output lands in the same files as a plain process's, signals and the exit code pass through, and limits are kept by the same
 * supervisor. The container does not depend on it and is found by its name and labels if the client dies.
 */
export function dockerRuntime({ dockerPath }: { readonly dockerPath: string }): CommandRuntime {
  const client = new DockerClient(dockerPath);
  return {
    async check(call) {
      const result = await client.run(["version", "--format", "{{.Server.Version}}"], { ...call, timeoutMs: CHECK_TIMEOUT_MS });
      if (result.code === 0 && result.stdout.trim() !== "") return;
      throw new SchedulerError(
        "BACKEND_UNAVAILABLE",
        `No Docker engine answers ${client.path}: ${lastLine(result)}. Start it, or use \`runtime: "process"\`.`,
        {
          effect: "none",
        },
      );
    },

    accept: refuseUnsupported,

    prepare: (launch, place, host, signal) => pullImage(client, launch, place, { host, signal }),

    request(launch, place, backend, namespace, host) {
      const env = clientEnvironment(host);
      const secrets = Object.fromEntries(Object.entries(launch.secrets).map(([name, secret]) => [name, secret.reveal()]));
      return {
        argv: [client.path, ...runArguments(launch, place, backend, namespace)],
        env: { ...env, ...secrets, [ROOT_VARIABLE]: place.root },
        cwd: place.root,
        marker: { name: ROOT_VARIABLE, value: place.root },
        // Killing the client would leave the container running.
        kill: { argv: [client.path, "kill", launch.key], env },
      };
    },

    async judge(key, state, call) {
      if (state.kind === "exited" && !isDoubtful(state.exit)) return { kind: "exited", exit: state.exit };
      return judgeContainer(state, await containerState(client, key, call));
    },

    async fetchOutputs(key, place, paths, call) {
      for (const path of paths) if (path.startsWith("/")) await copyOut(client, key, place, path, call);
    },

    async remove(key, call) {
      const result = await client.run(["rm", "--force", "--volumes", key], call);
      if (result.code === 0 || /no such container/i.test(result.stderr)) return;
      throw new SchedulerError("BACKEND_UNAVAILABLE", `Docker could not remove a container: ${lastLine(result)}.`);
    },

    async strays(backend, call) {
      const filters = [`label=${NAMESPACE_LABEL}=${call.namespace.id}`, `label=${BACKEND_LABEL}=${backend}`].flatMap((filter) => [
        "--filter",
        filter,
      ]);
      const names = await client.must("list containers", ["ps", "--all", "--no-trunc", ...filters, "--format", "{{.Names}}"], call);
      return names.split("\n").filter(isKey);
    },
  };
}

function refuseUnsupported(launch: Launch): void {
  const taken = Object.keys(launch.secrets).find(
    (name) => name === ROOT_VARIABLE || CLIENT_VARIABLES.some((variable) => variable === name),
  );
  const why =
    launch.image === undefined
      ? "it runs containers and this workload names no image"
      : taken !== undefined
        ? `the secret cannot be called ${taken}, a name that the Docker client itself reads`
        : undefined;
  if (why !== undefined)
    throw new SchedulerError("BACKEND_REJECTED", `local() with \`runtime: "docker"\` cannot run this workload: ${why}.`);
}

/** Copies an absolute path out of a container to where outputs are looked for. A path that is not there is not an error here. */
async function copyOut(client: DockerClient, key: string, place: LeasePlace, path: string, call: CallContext): Promise<void> {
  const target = confinedPath(place.root, path);
  const arrival = join(place.temporary, `output-${call.host.newId()}`);
  const result = await client.run(["cp", `${key}:${confinedPath("/", path)}`, arrival], {
    ...call,
    timeoutMs: Math.max(1_000, call.deadlineMs - call.host.now()),
  });
  if (result.code !== 0) {
    if (/could not find the file|no such file/i.test(result.stderr)) return;
    throw new SchedulerError("STAGING_FAILED", `Docker could not copy ${path} out of the container: ${lastLine(result)}.`);
  }
  await makeParents(place.root, target);
  await removeDirectory(target);
  await rename(arrival, target);
}
