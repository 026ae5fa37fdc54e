import { access } from "node:fs/promises";
import { dirname } from "node:path";
import { describe, expect, test } from "vitest";
import { carriersOf } from "../../../../src/kit/process/index.js";
import type { SimulatedYagna } from "../../../../src/testing/golem/index.js";
import { objectServer } from "../../../support/object-server.js";
import { firstEvents } from "./first-events.js";
import { startYagnaWithProcesses } from "./fixture.js";
import { Requestor } from "./requestor.js";

/** A command that would run for ever, and the directory it runs in. */
async function runForEver(yagna: SimulatedYagna, requestor: Requestor, activityId: string): Promise<string> {
  const capture = { stdout: { stream: { format: "string" } } };
  // The grandchild leaves the group and the session of the command.
  const script = 'setsid sleep 600 & echo "$SPILLWAY_ROOT"; sleep 600';
  const batch = await requestor.exec(activityId, [{ run: { entry_point: "/bin/sh", args: ["-c", script], capture } }]);
  const events = await firstEvents(`${yagna.url}/activity-api/v1/activity/${activityId}/exec/${batch}`, yagna.appKey, 2);
  return JSON.parse(events[1]?.["data"] ?? "").kind.stdout.trim();
}

const isThere = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );

async function expectNothingOf(root: string): Promise<void> {
  expect(await carriersOf({ name: "SPILLWAY_ROOT", value: root })).toEqual([]);
  expect(await isThere(dirname(root))).toBe(false);
}

describe("processes of simulated exe-units", { timeout: 60_000 }, () => {
  test("end with their activity, their agreement, or the simulator, and leave nothing", async () => {
    const yagna = await startYagnaWithProcesses({ providers: [{ name: "alpha", capacity: 3 }] });
    const requestor = new Requestor(yagna);
    const agreementId = await requestor.agree();
    const roots: string[] = [];
    for (let count = 0; count < 3; count++) {
      const activityId = await requestor.ready(count === 2 ? await requestor.agree() : agreementId);
      roots.push(await runForEver(yagna, requestor, activityId));
    }
    const [first = "", second = "", third = ""] = roots;
    expect(new Set(roots).size).toBe(3);
    expect((await carriersOf({ name: "SPILLWAY_ROOT", value: first })).length).toBeGreaterThanOrEqual(2);
    await requestor.activity("DELETE", `/${yagna.activities()[0]?.id}`);
    await expectNothingOf(first);
    expect(await isThere(second)).toBe(true);
    yagna.breakAgreement(agreementId, "Shutdown");
    await yagna.close();
    await expectNothingOf(second);
    await expectNothingOf(third);
  });

  test("see volumes where they are, whatever stands around the path", async () => {
    const requestor = new Requestor(
      await startYagnaWithProcesses({ images: [{ hash: "ab".repeat(28), volumes: ["/golem/work", "/golem"] }] }),
    );
    const activityId = await requestor.ready(await requestor.agree());
    const script = 'mkdir -p "/golem/work/a b"; echo x >/golem/work/"a b"/f; find /golem -type f; echo /golem/workshop /x/golem/work';
    const [result] = (await requestor.run(activityId, "/bin/sh", "-c", script)).body;
    const [found = "", words = ""] = result.stdout.trim().split("\n");
    expect(found).toMatch(/\/root\/golem\/work\/a b\/f$/);
    expect(words).toMatch(/^\/tmp\S*\/root\/golem\/workshop \/x\/golem\/work$/);
    expect((await requestor.run(activityId, "/no/such/program")).body).toMatchObject([
      { result: "Error", message: "ExeScript command exited with code 127" },
    ]);
  });

  test("get files from addresses of the web, and put them there", async () => {
    const server = await objectServer();
    const requestor = new Requestor(await startYagnaWithProcesses());
    const activityId = await requestor.ready(await requestor.agree());
    server.objects.set("in", Buffer.from("from the web"));
    const transfer = (from: string, to: string) => ({ transfer: { from, to } });
    const batch = await requestor.exec(activityId, [
      transfer(server.url("GET", "in"), "container:/golem/work/in"),
      transfer("container:/golem/work/in", server.url("PUT", "out")),
      transfer(server.url("GET", "missing"), "container:/golem/work/missing"),
    ]);
    expect((await requestor.results(activityId, batch)).body).toMatchObject([
      { result: "Ok" },
      { result: "Ok" },
      { result: "Error", message: "HTTP error: status 404" },
    ]);
    expect(server.objects.get("out")?.toString()).toBe("from the web");
  });
});
