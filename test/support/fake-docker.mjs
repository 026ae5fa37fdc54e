// A stand-in for the Docker client and its engine, for machines without one: containers are plain processes, their state
// is kept in files. fake-docker.sh is its front and does the rest. It understands the commands and options that local({ runtime: "docker" }) uses and refuses all others.
// Paths below /in, /out and /data in a container's command and environment are led to a directory that stands for its file system.
import { spawn } from "node:child_process";
import { appendFileSync, cpSync, existsSync, mkdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import os from "node:os";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

const [state, ...argv] = process.argv.slice(2);
const containers = join(state, "containers");
const directoryOf = (name) => join(containers, name);
const imageFile = (image) => join(state, "images", encodeURIComponent(image));

const fail = (message, code = 1) => {
  process.stderr.write(`${message}\n`);
  process.exit(code);
};

const readJson = (name, file) => {
  try {
    return JSON.parse(readFileSync(join(directoryOf(name), file), "utf8"));
  } catch {
    return undefined;
  }
};

const writeJson = (name, file, value) => {
  const path = join(directoryOf(name), file);
  writeFileSync(`${path}.${process.pid}`, JSON.stringify(value));
  renameSync(`${path}.${process.pid}`, path);
};

const signal = (name, what) => {
  try {
    process.kill(-readJson(name, "state.json").Pid, what);
  } catch {}
};

/** Splits options from operands. `flags` take no value. */
function parse(args, flags) {
  const options = [];
  while (args[0]?.startsWith("--")) {
    const name = args.shift();
    options.push([name, flags.includes(name) ? true : args.shift()]);
  }
  return { options, operands: args, all: (name) => options.filter(([key]) => key === name).map(([, value]) => value) };
}

const expectOnly = ({ options }, ...known) => {
  const unknown = options.find(([name]) => !known.includes(name));
  if (unknown) fail(`unknown flag: ${unknown[0]}`, 125);
};

const commands = {
  context(args) {
    if (args[0] !== "inspect") fail("unknown command");
    console.log("unix:///var/run/docker.sock");
  },

  pull(args) {
    const image = args.at(-1);
    const [server] = image.split("/");
    const wanted = Buffer.from("robot:open sesame").toString("base64");
    if (image.includes("private") && settings?.auths?.[server]?.auth !== wanted) fail(`Error response from daemon: unauthorized`);
    if (image.includes("missing"))
      fail(`Error response from daemon: pull access denied for ${image}, repository does not exist or may require 'docker login'`);
    mkdirSync(dirname(imageFile(image)), { recursive: true });
    writeFileSync(imageFile(image), "");
    console.log(image);
  },

  async run(args) {
    const parsed = parse(args, ["--init"]);
    expectOnly(parsed, "--name", "--pull", "--init", "--cpus", "--memory", "--user", "--label", "--mount", "--env", "--entrypoint");
    const [image, ...rest] = parsed.operands;
    const [name] = parsed.all("--name");
    if (!existsSync(imageFile(image))) fail(`docker: Error response from daemon: No such image: ${image}`, 125);
    if (existsSync(directoryOf(name)))
      fail(`docker: Error response from daemon: Conflict. The container name "/${name}" is already in use`, 125);
    const rootfs = join(directoryOf(name), "rootfs");
    mkdirSync(rootfs, { recursive: true });
    const mounts = parsed.all("--mount").map((mount) => Object.fromEntries(mount.split(",").map((field) => field.split("="))));
    for (const { source, target } of mounts) {
      mkdirSync(dirname(join(rootfs, target)), { recursive: true });
      if (target !== "/spillway") symlinkSync(source, join(rootfs, target));
    }
    const root = mounts.find(({ target }) => target === "/spillway").source;
    const translate = (text) => text.replaceAll("/spillway", `${root}/.`).replaceAll(/(?<![\w./])\/(in|out|data)\b/g, `${rootfs}/$1`);
    const given = parsed.all("--env").map((entry) => (entry.includes("=") ? entry : `${entry}=${process.env[entry]}`));
    const env = {
      PATH: process.env.PATH,
      ...Object.fromEntries(given.map((entry) => [entry.slice(0, entry.indexOf("=")), translate(entry.slice(entry.indexOf("=") + 1))])),
    };
    const spec = { labels: parsed.all("--label"), argv: [...parsed.all("--entrypoint"), ...rest].map(translate), env };
    writeJson(name, "spec.json", spec);
    writeJson(name, "state.json", { Status: "created", Running: false, OOMKilled: false, ExitCode: 0, Error: "" });
    if (parsed.all("--label").some((label) => label.endsWith("=refused")))
      fail("docker: Error response from daemon: the engine refused", 125);
    spawn(process.execPath, [process.argv[1], state, "engine", name], {
      env: {},
      detached: true,
      stdio: ["ignore", "inherit", "inherit"],
    }).unref();
    process.on("SIGTERM", () => signal(name, "SIGTERM"));
    for (;;) {
      const now = readJson(name, "state.json");
      if (now === undefined) process.exit(137);
      if (now.Status === "exited") process.exit(now.ExitCode);
      await delay(10);
    }
  },

  engine([name]) {
    const { argv: command, env } = readJson(name, "spec.json");
    const child = spawn(command[0], command.slice(1), {
      env,
      cwd: join(directoryOf(name), "rootfs"),
      stdio: ["ignore", "inherit", "inherit"],
      detached: true,
    });
    const StartedAt = new Date().toISOString();
    const ended = (ExitCode, message = "") => {
      const FinishedAt = new Date().toISOString();
      if (existsSync(directoryOf(name)))
        writeJson(name, "state.json", {
          Status: "exited",
          Running: false,
          OOMKilled: ExitCode === 137 && env.OOM === "1",
          ExitCode,
          Error: message,
          StartedAt,
          FinishedAt,
        });
    };
    child.on("error", (error) => ended(127, error.message));
    child.on("exit", (code, why) => ended(code ?? 128 + os.constants.signals[why]));
    if (child.pid !== undefined)
      writeJson(name, "state.json", {
        Status: "running",
        Running: true,
        OOMKilled: false,
        ExitCode: 0,
        Error: "",
        Pid: child.pid,
        StartedAt,
      });
  },

  kill([name]) {
    if (!existsSync(directoryOf(name))) fail(`Error response from daemon: No such container: ${name}`);
    signal(name, "SIGKILL");
  },

  cp([from, to]) {
    const [name, path] = [from.slice(0, from.indexOf(":")), from.slice(from.indexOf(":") + 1)];
    const source = join(directoryOf(name), "rootfs", path);
    if (!existsSync(source)) fail(`Error response from daemon: Could not find the file ${path} in container ${name}`);
    cpSync(source, to, { recursive: true, verbatimSymlinks: true });
  },
};

let settings;
if (argv[0] === "--config") {
  settings = JSON.parse(readFileSync(join(argv[1], "config.json"), "utf8"));
  if (process.env.DOCKER_HOST !== "unix:///var/run/docker.sock") fail("the engine of the context was lost");
  argv.splice(0, 2);
}
const [verb, ...rest] = argv;
if (verb !== "engine") appendFileSync(join(state, "log"), `${JSON.stringify(argv)}\n`);
if (existsSync(join(state, "down")) && verb !== "engine")
  fail("Cannot connect to the Docker daemon at unix:///var/run/docker.sock. Is the docker daemon running?");
if (!Object.hasOwn(commands, verb)) fail(`docker: '${verb}' is not a docker command.`);
await commands[verb](rest);
