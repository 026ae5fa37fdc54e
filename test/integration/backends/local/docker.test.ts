import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { readProcessState } from "../../../../src/kit/process/index.js";
import { Secret } from "../../../../src/model/secret.js";
import { imageLaunch, newDockerBackend } from "../../../support/docker.js";
import { eventually } from "../../../support/eventually.js";
import {
  bind,
  callOf,
  demandOf,
  ended,
  inPhase,
  inputFile,
  launchOf,
  leftovers,
  logsOf,
  newKey,
  newLocal,
  outputNames,
  outputPlan,
  placementOf,
  refOf,
  release,
  reportOn,
  script,
  untilPrinted,
} from "../../../support/local-lease.js";

describe("a Docker engine", () => {
  it("has to answer before anything is offered or bound", async () => {
    const { backend, docker } = newDockerBackend();
    docker.setDown(true);
    const unavailable = { code: "BACKEND_UNAVAILABLE", effect: "none", message: expect.stringContaining("Is the docker daemon running") };
    await expect(backend.listOffers(demandOf({ image: true }), callOf())).rejects.toMatchObject(unavailable);
    await expect(backend.bind(placementOf(imageLaunch("true")), callOf())).rejects.toMatchObject(unavailable);
    docker.setDown(false);
    expect(await backend.listOffers(demandOf({ image: true }), callOf())).toHaveLength(1);
  });

  it("cannot answer through a client that does not exist", async () => {
    const { backend } = newLocal({ runtime: "docker", dockerPath: "/no/such/docker" });
    await expect(backend.listOffers(demandOf({ image: true }), callOf())).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
  });

  it("gets workloads with an image only, and none that it could not run as asked", async () => {
    const { backend } = newDockerBackend();
    expect(await backend.listOffers(demandOf({ image: false }), callOf())).toEqual([]);
    const password = new Secret("p");
    const refused = [launchOf(script("true")), imageLaunch("true", { secrets: { DOCKER_HOST: password } })];
    for (const launch of refused)
      await expect(backend.bind(placementOf(launch), callOf())).rejects.toMatchObject({ code: "BACKEND_REJECTED", effect: "none" });
  });
});

describe("a container", () => {
  it("is started with the launch's limits, labels, files and variables, and never with a secret in its arguments", async () => {
    const { backend, docker, directory } = newDockerBackend();
    const launch = imageLaunch('echo "$MODE $TOKEN $SPILLWAY_ROOT"', {
      env: { MODE: "a=b c" },
      secrets: { TOKEN: new Secret("t0p-s3cret") },
      resources: { cpu: 1.5, memoryMiB: 300, diskMiB: 1 },
      inputs: [{ path: "/in/a", url: inputFile("A") }],
      labels: { run: "r1" },
    });
    const key = await bind(backend, launch);
    expect(await ended(backend, key)).toMatchObject({ phase: "exited", exitCode: 0 });
    expect(await logsOf(backend, key)).toMatch(/^a=b c t0p-s3cret .*\n$/);
    const run = docker.calls().find(([verb]) => verb === "run") ?? [];
    const root = join(directory, "leases", key, "root");
    const { uid, gid } = userInfo();
    expect(run).toEqual([
      "run",
      ...["--name", key, "--pull", "never", "--init", "--cpus", "1.5", "--memory", "300m"],
      ...(uid > 0 ? ["--user", `${uid}:${gid}`] : []),
      ...["--label", "run=r1", "--label", "spillway.ns=testns", "--label", "spillway.backend=local"],
      ...["--mount", `type=bind,source=${root},target=/spillway`, "--mount", `type=bind,source=${join(root, "in/a")},target=/in/a`],
      ...["--env", "MODE=a=b c", "--env", "SPILLWAY_ROOT=/spillway", "--env", "TOKEN"],
      ...["--entrypoint", "sh", "example/tool:1", "-c", 'echo "$MODE $TOKEN $SPILLWAY_ROOT"'],
    ]);
    expect(JSON.stringify(docker.calls())).not.toContain("t0p-s3cret");
    for (const entry of readdirSync(directory, { recursive: true, withFileTypes: true })) {
      if (entry.isFile() && entry.name !== "stdout")
        expect(readFileSync(join(entry.parentPath, entry.name), "utf8")).not.toContain("t0p-s3cret");
    }
    await release(backend, key);
    expect(docker.hasContainer(key)).toBe(false);
    expect(leftovers(directory)).toEqual([]);
  });

  it("reads inputs and leaves outputs at the container's own absolute paths, and below the mounted directory", async () => {
    const { backend } = newDockerBackend();
    const launch = imageLaunch(
      'mkdir -p /out/sub; cat /in/a > /out/copy; echo deep > /out/sub/file; echo one > /data; cat "$SPILLWAY_ROOT/rel" > "$SPILLWAY_ROOT/back"',
      {
        inputs: [
          { path: "/in/a", url: inputFile("A") },
          { path: "rel", url: inputFile("R") },
        ],
      },
    );
    const key = await bind(backend, launch);
    expect(await ended(backend, key)).toMatchObject({ phase: "exited", exitCode: 0 });
    for (let i = 0; i < 2; i++) {
      const plan = outputPlan("/out", "/data", "back", { path: "/nothing", optional: true });
      const manifest = await backend.collect?.(refOf(backend, key), plan, callOf());
      expect(outputNames(manifest?.outputs ?? [])).toEqual(["/out|copy", "/out|sub/file", "/data|", "back|"]);
      expect([...plan.stored.values()].map(String)).toEqual(["A", "deep\n", "one\n", "R"]);
    }
    await expect(backend.collect?.(refOf(backend, key), outputPlan("/nothing"), callOf())).rejects.toMatchObject({
      code: "OUTPUT_MISSING",
    });
    await release(backend, key);
  });

  it.each([0, 3, 126, 127])("passes exit code %i and output on", async (code) => {
    const { backend } = newDockerBackend();
    const key = await bind(backend, imageLaunch(`echo out; echo err >&2; exit ${code}`));
    expect(await ended(backend, key)).toMatchObject({ phase: "exited", exitCode: code });
    expect(await logsOf(backend, key)).toBe("out\n");
    expect(await logsOf(backend, key, "stderr")).toBe("err\n");
    await release(backend, key);
  });

  it("tells a command's 125 from a failure of Docker itself", async () => {
    const { backend } = newDockerBackend();
    const own = await bind(backend, imageLaunch("exit 125"));
    const failed = await bind(backend, imageLaunch("true", { labels: { "test.engine": "refused" } }));
    expect(await ended(backend, own)).toMatchObject({ phase: "exited", exitCode: 125 });
    expect(await ended(backend, failed)).toMatchObject({ phase: "ended", reason: "PROVISIONING_FAILED" });
    await release(backend, own);
    await release(backend, failed);
  });

  it("pulls an image once, and says when it cannot", async () => {
    const { backend, docker } = newDockerBackend();
    for (let i = 0; i < 2; i++) {
      const key = await bind(backend, imageLaunch("true"));
      await ended(backend, key);
      await release(backend, key);
    }
    expect(docker.calls().filter(([verb]) => verb === "pull")).toHaveLength(1);
    const key = await bind(backend, imageLaunch("true", { image: "missing/image" }));
    expect(await ended(backend, key)).toMatchObject({
      phase: "ended",
      reason: "IMAGE_PULL_FAILED",
      message: expect.stringContaining("pull access denied"),
    });
    await release(backend, key);
  });

  it("comes from a private registry with a password that is in no file and no argument", async () => {
    const { backend, docker, directory } = newDockerBackend();
    const password = new Secret("open sesame");
    const image = "registry.example/private/tool:1";
    const key = await bind(backend, imageLaunch("true", { image, registry: { server: "registry.example", username: "robot", password } }));
    expect(await ended(backend, key)).toMatchObject({ phase: "exited", exitCode: 0 });
    const encoded = Buffer.from("robot:open sesame").toString("base64");
    for (const text of ["open sesame", encoded]) expect(JSON.stringify(docker.calls())).not.toContain(text);
    expect(readdirSync(join(directory, "leases", key, "tmp"))).toEqual([]);
    await release(backend, key);
    const wrong = { server: "registry.example", username: "robot", password: new Secret("wrong") };
    const refused = await bind(backend, imageLaunch("true", { image: "registry.example/private/other:1", registry: wrong }));
    expect(await ended(backend, refused)).toMatchObject({
      phase: "ended",
      reason: "IMAGE_PULL_FAILED",
      message: expect.stringContaining("unauthorized"),
    });
    await release(backend, refused);
  });

  it("is told to end at its timeout, and killed if it does not", async () => {
    const { backend, docker } = newDockerBackend();
    // Long enough for a busy machine to set the traps before.
    const obedient = await bind(backend, imageLaunch("trap 'exit 9' TERM; while :; do sleep 0.02; done", { timeoutMs: 4_000 }));
    const stubborn = await bind(backend, imageLaunch("trap '' TERM; while :; do sleep 0.02; done", { timeoutMs: 4_000 }));
    expect(await ended(backend, obedient)).toMatchObject({ phase: "exited", exitCode: 9, reason: "WORKLOAD_TIMED_OUT" });
    expect(await ended(backend, stubborn)).toMatchObject({ phase: "exited", exitCode: 137, reason: "WORKLOAD_TIMED_OUT" });
    expect(docker.calls()).toContainEqual(["kill", stubborn]);
    await release(backend, obedient);
    await release(backend, stubborn);
  });

  it("that ran out of memory is reported as such", async () => {
    const { backend } = newDockerBackend();
    const oom = await bind(backend, imageLaunch("kill -KILL $$", { env: { OOM: "1" } }));
    const plain = await bind(backend, imageLaunch("kill -KILL $$"));
    expect(await ended(backend, oom)).toMatchObject({ exitCode: 137, reason: "WORKLOAD_OUT_OF_MEMORY" });
    expect((await ended(backend, plain)).reason).toBeUndefined();
    await release(backend, oom);
    await release(backend, plain);
  });

  it("is removed with its lease while it runs", async () => {
    const { backend, docker, directory } = newDockerBackend();
    const key = await bind(backend, imageLaunch("echo ready; sleep 61"));
    await untilPrinted(backend, key, "ready");
    await release(backend, key, 200);
    expect(docker.hasContainer(key)).toBe(false);
    expect(leftovers(directory)).toEqual([]);
    expect(await reportOn(backend, key)).toMatchObject({ kind: "gone", charge: { final: true } });
  });

  it("goes on without its supervisor, and its exit code is still known", async () => {
    const { backend, docker, directory } = newDockerBackend();
    const key = await bind(backend, imageLaunch('echo ready; while [ ! -e "$SPILLWAY_ROOT/go" ]; do sleep 0.02; done; exit 6'));
    await untilPrinted(backend, key, "ready");
    const place = join(directory, "leases", key);
    const state = await readProcessState(place);
    if (state.kind !== "running") throw new Error(state.kind);
    process.kill(state.supervisor.pid, "SIGKILL");
    process.kill(-state.command.pid, "SIGKILL");
    await eventually(async () => (await readProcessState(place)).kind === "lost");
    expect(await inPhase(backend, key, "running")).toBeDefined();
    writeFileSync(join(place, "root/go"), "");
    expect(await ended(backend, key)).toMatchObject({ phase: "exited", exitCode: 6 });
    await release(backend, key);
    expect(docker.hasContainer(key)).toBe(false);
  });

  it("is found by its label and removed although its lease's directory is gone", async () => {
    const { backend, docker, directory } = newDockerBackend();
    const key = await bind(backend, imageLaunch("sleep 62"));
    await inPhase(backend, key, "running");
    await eventually(() => docker.hasContainer(key));
    rmSync(join(directory, "leases", key), { recursive: true });
    expect((await backend.listLeases(callOf())).map((ref) => ref.key)).toEqual([key]);
    expect(await backend.listLeases(callOf({ namespace: { id: "others", secret: "00" } }))).toEqual([]);
    expect(await backend.release(refOf(backend, key), { graceMs: 0 }, callOf())).toBe("released");
    expect(docker.hasContainer(key)).toBe(false);
    expect(await backend.listLeases(callOf())).toEqual([]);
    expect(existsSync(join(directory, "leases", key))).toBe(false);
  });

  it("cannot be called released while the engine does not answer", async () => {
    const { backend, docker } = newDockerBackend();
    const key = await bind(backend, imageLaunch("sleep 63"));
    await inPhase(backend, key, "running");
    docker.setDown(true);
    await expect(
      backend.release(refOf(backend, key), { graceMs: 0 }, callOf({ deadlineMs: Number.MAX_SAFE_INTEGER })),
    ).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    await expect(backend.listLeases(callOf())).rejects.toMatchObject({ code: "BACKEND_UNAVAILABLE" });
    docker.setDown(false);
    await release(backend, key);
    expect(docker.hasContainer(key)).toBe(false);
    expect(await backend.release(refOf(backend, newKey()), { graceMs: 0 }, callOf())).toBe("released");
  });
});
