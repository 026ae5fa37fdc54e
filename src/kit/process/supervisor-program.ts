/**
 * The program that stands between a scheduler and a command. It runs as a process of its own in its own session,
 * survives the scheduler, starts the command in a second process group, ends it when its time is over or SIGTERM
 * asks for it, makes sure that nothing of it is left, and only then writes how it ended.
 *
 * It is text, given to Node on standard input, because a file beside the module would get lost whenever a user bundles the
 * library. Its orders follow in the same way, so that secrets are neither in a file nor in its own environment or
 * arguments, and are what starts it: if they were cut off, because the scheduler died while it wrote them, nothing is run.
 * It needs nothing but Node and touches only the directory it is told.
 *
 * It writes the records of `records.ts` and reads the start time of a process as `identity.ts` does.
 */
const PROGRAM = String.raw`"use strict";
const fs = require("node:fs");
const os = require("node:os");
const { spawn, execFileSync } = require("node:child_process");

const LONGEST_TIMEOUT_MS = 2147483647;
const LEFTOVER_CHECKS = 100;
const LEFTOVER_CHECK_MS = 10;

let orders, command, startedAtMs, cause, killTimer, killAtMs = Infinity, memoryKills = 0, ended = false;

// Before anything else: a request to stop must never end the supervisor alone.
process.on("SIGTERM", () => end("stopped"));
process.on("SIGINT", () => end("stopped"));
process.on("SIGHUP", () => {});

function main(given) {
  orders = given;
  run();
}

function run() {
  startedAtMs = Date.now();
  memoryKills = countMemoryKills();
  if (cause !== undefined || read("stop.json") !== undefined) return finish(128 + 15, "SIGTERM", undefined, "stopped");
  try {
    command = spawn(orders.argv[0], orders.argv.slice(1), {
      cwd: orders.cwd, env: orders.env, stdio: ["ignore", 3, 4], detached: true,
    });
  } catch (error) {
    return finish(126, undefined, error.code || error.name);
  }
  command.on("error", (error) => {
    if (command.pid === undefined) finish(error.code === "ENOENT" ? 127 : 126, undefined, error.code || error.name);
  });
  if (command.pid === undefined) return;
  command.on("exit", (code, signal) => {
    if (signal === null) finish(code);
    else finish(128 + (os.constants.signals[signal] || 0), signal);
  });
  write("command.json", { pid: command.pid, start: startOf(command.pid), startedAtMs });
  orders.env = undefined;
  if (orders.timeoutMs !== undefined) after(orders.timeoutMs, () => end("timeout"));
  if (orders.lifetimeMs !== undefined) after(orders.lifetimeMs, () => end("lifetime"));
}

function end(why) {
  if (ended) return;
  cause = cause || why;
  if (command === undefined || command.pid === undefined) return;
  const graceMs = why === "stopped" ? graceOfStop() : orders.graceMs;
  // Without any grace there is no request: on a busy machine a command might use the moment to report its own end.
  if (graceMs > 0) signalGroup("SIGTERM");
  const atMs = performance.now() + graceMs;
  // Asked again, it ends sooner if it has to, never later.
  if (atMs >= killAtMs) return;
  killAtMs = atMs;
  clearTimeout(killTimer);
  if (graceMs <= 0) return kill();
  killTimer = setTimeout(kill, Math.min(graceMs, LONGEST_TIMEOUT_MS));
}

// What is left of the grace that the request named; its own clock may have been set since.
function graceOfStop() {
  const stop = read("stop.json");
  if (stop === undefined) return orders.graceMs;
  return Math.min(stop.graceMs, Math.max(0, stop.atMs + stop.graceMs - Date.now()));
}

function kill() {
  if (ended) return;
  if (orders.killArgv === undefined) return void signalGroup("SIGKILL");
  const killer = spawn(orders.killArgv[0], orders.killArgv.slice(1), { stdio: "ignore", env: orders.killEnv || {} });
  const then = () => !ended && signalGroup("SIGKILL");
  killer.on("error", then);
  killer.on("exit", then);
}

function signalGroup(signal) {
  try {
    process.kill(-command.pid, signal);
    return true;
  } catch {
    return false;
  }
}

function finish(code, signal, error, why) {
  if (ended) return;
  ended = true;
  clearTimeout(killTimer);
  const endedAtMs = Date.now();
  const outOfMemory = signal === "SIGKILL" && (why || cause) === undefined && countMemoryKills() > memoryKills;
  const record = { code, outOfMemory, startedAtMs, endedAtMs };
  if (signal !== undefined) record.signal = signal;
  if (error !== undefined) record.error = error;
  if ((why || cause) !== undefined) record.cause = why || cause;
  clean(LEFTOVER_CHECKS, () => {
    write("exit.json", record);
    process.exit(0);
  });
}

// What the command left behind ends with it, as it would in a container.
function clean(checks, then) {
  const groupLeft = command !== undefined && command.pid !== undefined && signalGroup("SIGKILL") && groupLives();
  const othersLeft = sweep();
  if ((groupLeft || othersLeft) && checks > 0) setTimeout(clean, LEFTOVER_CHECK_MS, checks - 1, then);
  else then();
}

// A group of zombies can still be signalled; they are only waiting to be reaped by whoever is process 1.
function groupLives() {
  const pids = list("/proc").filter((name) => /^[0-9]+$/.test(name));
  return pids.length === 0 || pids.some((pid) => {
    try {
      const stat = fs.readFileSync("/proc/" + pid + "/stat", "utf8");
      const [state, , group] = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
      return Number(group) === command.pid && state !== "Z" && state !== "X";
    } catch {
      return false;
    }
  });
}

function sweep() {
  if (orders.marker === undefined) return false;
  const wanted = orders.marker.name + "=" + orders.marker.value;
  let found = false;
  for (const pid of list("/proc")) {
    if (!/^[0-9]+$/.test(pid)) continue;
    try {
      if (!fs.readFileSync("/proc/" + pid + "/environ", "utf8").split("\0").includes(wanted)) continue;
      process.kill(Number(pid), "SIGKILL");
      found = true;
    } catch {}
  }
  return found;
}

function list(directory) {
  try {
    return fs.readdirSync(directory);
  } catch {
    return [];
  }
}

function countMemoryKills() {
  let sum = 0;
  for (const file of orders.memoryCounters || []) {
    try {
      const match = /^oom_kill (\d+)$/m.exec(fs.readFileSync(file, "utf8"));
      if (match !== null) sum += Number(match[1]);
    } catch {}
  }
  return sum;
}

function startOf(pid) {
  try {
    if (!fs.existsSync("/proc/self/stat")) {
      const env = { PATH: "/usr/bin:/bin", LC_ALL: "C" };
      return execFileSync("ps", ["-o", "lstart=", "-p", String(pid)], { encoding: "utf8", env }).trim().split(/\s+/).join(" ");
    }
    const stat = fs.readFileSync("/proc/" + pid + "/stat", "utf8");
    let boot = "";
    try {
      boot = fs.readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    } catch {}
    return boot + "/" + stat.slice(stat.lastIndexOf(")") + 2).split(" ")[19];
  } catch {
    return "";
  }
}

function after(ms, fire) {
  const step = Math.min(ms, LONGEST_TIMEOUT_MS);
  setTimeout(() => (ms > step ? after(ms - step, fire) : fire()), step);
}

function read(name) {
  try {
    return JSON.parse(fs.readFileSync(orders.directory + "/" + name, "utf8"));
  } catch {
    return undefined;
  }
}

// The directory may have been taken away meanwhile; there is nobody left to tell then.
function write(name, value) {
  try {
    const path = orders.directory + "/" + name;
    const temporary = path + "." + process.pid + ".tmp";
    fs.writeFileSync(temporary, JSON.stringify(value), { mode: 0o600 });
    fs.renameSync(temporary, path);
  } catch {}
}
`;

/** What a supervisor of these orders is to read. */
export const supervisorScript = (orders: object): string => {
  // As a string to be parsed: in a literal, a variable called __proto__ would be something else.
  const text = JSON.stringify(JSON.stringify(orders));
  return `${PROGRAM}\nmain(JSON.parse(${text}));\n`;
};
