import { existsSync, readFileSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { eventually } from "../../../support/eventually.js";
import {
  bind,
  callOf,
  ended,
  host,
  inPhase,
  inputFile,
  launchOf,
  leftovers,
  localIn,
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
} from "../../../support/local-lease.js";

describe("a lease from bind to release", () => {
  it("runs the command, reports it, keeps its outputs, and leaves nothing but its account", async () => {
    const { backend, directory } = newLocal();
    const launch = launchOf(
      script("tr a-z A-Z < in/text > /dev/stderr; mkdir -p out/sub; tr a-z A-Z < in/text > out/text; echo deep > out/sub/deep; echo done"),
      {
        inputs: [{ path: "/in/text", url: inputFile("hello"), sha256: host.sha256("hello"), size: 5 }],
        outputs: [{ path: "/out", optional: false }],
      },
    );
    const lease = await backend.bind(placementOf(launch), callOf());
    expect(lease).toMatchObject({
      ref: { backend: "local", key: launch.key },
      price: { usdPerHour: 3.6 },
      node: { backend: "local", operator: "self", node: hostname() },
      report: { kind: "status", key: launch.key, phase: "starting" },
    });
    expect(JSON.parse(JSON.stringify(lease.ref))).toEqual(lease.ref);

    const report = await ended(backend, launch.key);
    expect(report).toMatchObject({ phase: "exited", exitCode: 0, charge: { final: false } });
    expect(report.reason).toBeUndefined();
    expect(await logsOf(backend, launch.key)).toBe("done\n");
    expect(await logsOf(backend, launch.key, "stderr")).toBe("HELLO");

    const plan = outputPlan("/out");
    const manifest = await backend.collect?.(lease.ref, plan, callOf());
    expect(manifest).toMatchObject({
      version: 1,
      exitCode: 0,
      nonce: launch.nonce,
      startedAtMs: report.startedAtMs,
      endedAtMs: report.endedAtMs,
    });
    expect(outputNames(manifest?.outputs ?? [])).toEqual(["/out|sub/deep", "/out|text"]);
    expect(plan.stored.get("/out|text")?.toString()).toBe("HELLO");
    expect(manifest?.outputs[1]).toMatchObject({ sha256: host.sha256("HELLO"), size: 5 });

    expect(await backend.release(lease.ref, { graceMs: 0 }, callOf())).toBe("released");
    expect(leftovers(directory)).toEqual([]);
    expect(await reportOn(backend, launch.key)).toMatchObject({ kind: "gone", charge: { final: true } });
  });

  it.each([1, 7, 126, 127, 255])("reports exit code %i again and again", async (code) => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script(`exit ${code}`)));
    const first = await ended(backend, key);
    expect(first).toMatchObject({ phase: "exited", exitCode: code });
    const { charge: _, ...rest } = first;
    expect(await reportOn(backend, key)).toMatchObject(rest);
    await release(backend, key);
  });

  it("says what is wrong with a command that cannot be found", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(["no-such-program"]));
    expect(await ended(backend, key)).toMatchObject({ phase: "exited", exitCode: 127, message: expect.stringContaining("not found") });
    await release(backend, key);
  });

  it("charges open time by the price, to the millisecond, and nothing after the release", async () => {
    const { backend } = newLocal();
    const before = host.now();
    const key = await bind(backend, launchOf(script("sleep 0.2")));
    await ended(backend, key);
    const bound = host.now();
    await release(backend, key);
    const after = host.now();
    const report = await reportOn(backend, key);
    if (report.kind !== "gone" || report.charge === undefined) throw new Error("no final charge");
    // 3.6 USD per hour are 1,000 nano-dollars per millisecond.
    const chargedMs = Number(report.charge.amount) / 1_000;
    expect(chargedMs).toBeGreaterThanOrEqual(200);
    expect(chargedMs).toBeLessThanOrEqual(after - before);
    expect(bound).toBeLessThanOrEqual(after);
    await release(backend, key);
    expect(await reportOn(backend, key)).toEqual(report);
  });

  it("binds a key once, however often and from wherever it is asked", async () => {
    const { backend, directory } = newLocal();
    const launch = launchOf(script("echo run >> runs; sleep 5"));
    const leases = await Promise.all(Array.from({ length: 5 }, () => backend.bind(placementOf(launch), callOf())));
    await inPhase(backend, launch.key, "running");
    leases.push(await backend.bind(placementOf(launch), callOf()));
    expect(new Set(leases.map(({ ref }) => JSON.stringify(ref))).size).toBe(1);
    await eventually(() => existsSync(join(directory, "leases", launch.key, "root/runs")));
    expect(readFileSync(join(directory, "leases", launch.key, "root/runs"), "utf8")).toBe("run\n");
    expect((await backend.listLeases(callOf())).map(({ key }) => key)).toEqual([launch.key]);
    await release(backend, launch.key);
    await expect(backend.bind(placementOf(launch), callOf())).rejects.toMatchObject({ code: "BACKEND_REJECTED", effect: "none" });
  });

  it("finds what is there and says absent of what is not", async () => {
    const { backend } = newLocal();
    const key = await bind(backend, launchOf(script("sleep 5")));
    const other = newKey();
    const intent = (name: string) => ({ key: name, intendedAtMs: host.now() });
    const partial = refOf(backend, other);
    expect(await backend.find([intent(key), intent(other), { ...intent(other), partial }], callOf())).toEqual([
      { kind: "bound", key, lease: expect.objectContaining({ ref: expect.objectContaining({ backend: "local", key }) }) },
      { kind: "absent", key: other },
      { kind: "partial", key: other, ref: partial },
    ]);
    await release(backend, key);
    expect(await backend.find([intent(key)], callOf())).toEqual([{ kind: "absent", key }]);
    expect(await reportOn(backend, other)).toEqual({ kind: "gone", key: other });
  });

  it("shows each namespace and each backend its own leases only, in one directory", async () => {
    const { backend, directory } = newLocal();
    const neighbour = localIn(directory, { id: "neighbour" });
    const stranger = callOf({ namespace: { id: "others", secret: "00" } });
    const key = await bind(backend, launchOf(script("sleep 5")));
    expect(await neighbour.listLeases(callOf())).toEqual([]);
    expect(await backend.listLeases(stranger)).toEqual([]);
    expect(await neighbour.release(refOf(neighbour, key), { graceMs: 0 }, callOf())).toBe("released");
    expect(await backend.release(refOf(backend, key), { graceMs: 0 }, stranger)).toBe("released");
    expect(await inPhase(backend, key, "running")).toBeDefined();
    await release(backend, key);
  });
});
