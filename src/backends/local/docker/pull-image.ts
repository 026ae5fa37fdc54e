import { mkdir, rm, symlink } from "node:fs/promises";
import { join } from "node:path";
import { runCommand } from "../../../kit/process/index.js";
import { SchedulerError } from "../../../model/errors/scheduler-error.js";
import type { Launch } from "../../../spec/launch.js";
import type { LeasePlace } from "../layout.js";
import { type ClientCall, type CommandOutcome, clientEnvironment, type DockerClient, lastLine } from "./docker-client.js";

const PULL_TIMEOUT_MS = 30 * 60_000;

/** How Docker's own hub is called in the client's settings. */
const HUB = "https://index.docker.io/v1/";
const HUB_NAMES: readonly string[] = ["docker.io", "index.docker.io", "registry-1.docker.io"];

/** Makes sure that the engine has the launch's image. @throws IMAGE_PULL_FAILED */
export async function pullImage(client: DockerClient, launch: Launch, place: LeasePlace, call: ClientCall): Promise<void> {
  const { image = "" } = launch;
  if ((await client.run(["image", "inspect", "--format", "{{.Id}}", image], call)).code === 0) return;
  const patient = { ...call, timeoutMs: PULL_TIMEOUT_MS };
  const pulled =
    launch.registry === undefined
      ? await client.run(["pull", "--quiet", image], patient)
      : await pullWithLogin(client, image, launch.registry, place, patient);
  if (pulled.code !== 0) throw new SchedulerError("IMAGE_PULL_FAILED", `Docker could not pull ${image}: ${lastLine(pulled)}.`);
}

/** Makes standard input a pipe that can be opened by name; Node's own is a socket, which cannot. */
const THROUGH_A_PIPE = 'cat | exec "$0" "$@"';

/**
 * `docker login` would write the password to disk. Instead the client gets settings of its own, whose file is a link to its standard
 * input: the password is in memory only. Those settings lack the user's context, so the engine's address is asked for first.
 */
async function pullWithLogin(
  client: DockerClient,
  image: string,
  login: NonNullable<Launch["registry"]>,
  place: LeasePlace,
  call: ClientCall & { readonly timeoutMs: number },
): Promise<CommandOutcome> {
  const address = (await client.must("name its engine", ["context", "inspect", "--format", "{{.Endpoints.docker.Host}}"], call)).trim();
  const server = HUB_NAMES.includes(login.server) ? HUB : login.server;
  const auth = Buffer.from(`${login.username}:${login.password.reveal()}`, "utf8").toString("base64");
  const settings = join(place.temporary, "docker-settings");
  await mkdir(settings, { mode: 0o700 });
  try {
    await symlink("/dev/fd/0", join(settings, "config.json"));
    return await runCommand(["sh", "-c", THROUGH_A_PIPE, client.path, "--config", settings, "pull", "--quiet", image], {
      ...call,
      input: JSON.stringify({ auths: { [server]: { auth } } }),
      env: { ...clientEnvironment(call.host), ...(address === "" ? {} : { DOCKER_HOST: address }) },
    });
  } finally {
    await rm(settings, { recursive: true, force: true });
  }
}
