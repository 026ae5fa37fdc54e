import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { eventually } from "../../../support/eventually.js";
import { connect, orderOf, startYagna, startYagnaWithProcesses } from "./fixture.js";

/** Not a character of the alphabet alone, and more than one window of pieces. */
const CONTENT = Uint8Array.from({ length: 500_000 }, (_, index) => (index * 7) % 251);

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), "golem-js-"));
  onTestFinished(() => rm(path, { recursive: true, force: true }));
  return path;
}

describe("the real golem-js against the simulated yagna", { timeout: 60_000 }, () => {
  test("runs a job from its demand to its paid invoice, and leaves nothing open", async () => {
    const yagna = await startYagnaWithProcesses();
    const network = await connect(yagna);
    const here = await directory();
    await writeFile(join(here, "in"), CONTENT);

    const rental = await network.oneOf({ order: orderOf() });
    const unit = await rental.getExeUnit();
    expect(yagna.openAgreements()).toMatchObject([{ id: rental.agreement.id, provider: "alpha", state: "Approved" }]);
    expect(yagna.activities()).toMatchObject([{ state: "Ready" }]);

    expect(await unit.uploadFile(join(here, "in"), "/golem/work/in")).toMatchObject({ result: "Ok" });
    const run = await unit.run("/bin/sh", [
      "-c",
      // The result is one piece long: golem-js writes several into a file in the order in which they happen to come.
      "wc -c < /golem/work/in && head -c 30000 /golem/work/in > /golem/work/out; echo done >&2",
    ]);
    expect(run).toMatchObject({ result: "Ok", stderr: "done\n", isBatchFinished: true });
    expect(Number(run.stdout)).toBe(CONTENT.length);
    expect(await unit.downloadFile("/golem/work/out", join(here, "out"))).toMatchObject({ result: "Ok" });
    expect(Buffer.compare(await readFile(join(here, "out")), CONTENT.slice(0, 30_000))).toBe(0);

    await rental.stopAndFinalize();
    await network.disconnect();

    const [entry] = [...yagna.ledger().values()];
    expect(entry?.used).toBeGreaterThan(0n);
    expect(entry).toMatchObject({ noted: entry?.used, notesAccepted: entry?.used, invoiced: entry?.used, invoiceAccepted: entry?.used });
    await eventually(() => [...yagna.ledger().values()][0]?.settled, "the payment");
    expect([...yagna.ledger().values()]).toMatchObject([{ paid: entry?.used, settled: true }]);
    expect(yagna.allocations()).toMatchObject([{ spent: entry?.used, open: false }]);
    expect(yagna.agreements()).toMatchObject([{ state: "Terminated", termination: { by: "Requestor", message: "Finished" } }]);
    await eventually(() => yagna.openRequests === 0 && yagna.openSockets === 0, "the end of every request and socket");
    expect({ agreements: yagna.openAgreements(), demands: yagna.openDemands(), services: yagna.openServices() }).toEqual({
      agreements: [],
      demands: 0,
      services: 0,
    });
  });

  test("keeps bytes in order by their digest, even when pieces arrive in another order", async () => {
    const yagna = await startYagnaWithProcesses();
    yagna.behave("*", { chunkOrder: "reversed" });
    const network = await connect(yagna);
    const rental = await network.oneOf({ order: orderOf() });
    const unit = await rental.getExeUnit();
    await unit.uploadData(CONTENT, "/golem/work/data");
    const { result, data } = await unit.downloadData("/golem/work/data");
    expect(result).toBe("Ok");
    expect(Buffer.compare(data ?? new Uint8Array(), CONTENT)).toBe(0);
    await rental.stopAndFinalize();
  });

  test("has the exit code in the text only, loses `env`, and streams output", async () => {
    const yagna = await startYagnaWithProcesses();
    const network = await connect(yagna);
    const rental = await network.oneOf({ order: orderOf() });
    const unit = await rental.getExeUnit();
    expect(await unit.run("exit 3")).toMatchObject({ result: "Error", message: "ExeScript command exited with code 3" });
    expect(await unit.run('echo "[$NOT_THERE]"', { env: { NOT_THERE: "here" } })).toMatchObject({ result: "Ok", stdout: "[]\n" });
    expect(await unit.run("/usr/bin/env", ["IS_THERE=here", "/bin/sh", "-c", 'echo "[$IS_THERE]"'])).toMatchObject({ stdout: "[here]\n" });
    const remote = await unit.runAndStream("/bin/sh", ["-c", "echo one; echo two >&2; sleep 0.1; echo three; exit 4"]);
    const printed: string[] = [];
    remote.stdout.subscribe((text) => printed.push(String(text)));
    expect(await remote.waitForExit(10_000)).toMatchObject({ result: "Error", message: "ExeScript command exited with code 4" });
    expect(printed.join("")).toBe("one\nthree\n");
    await rental.stopAndFinalize();
  });

  test("reaches files below volumes only, those of the image and those of the order", async () => {
    const yagna = await startYagnaWithProcesses({
      images: [{ hash: "cd".repeat(28), tag: "acme/work:1", volumes: ["/data"], env: { FROM_IMAGE: "yes" } }],
    });
    process.env["GOLEM_REGISTRY_URL"] = yagna.url;
    onTestFinished(() => {
      delete process.env["GOLEM_REGISTRY_URL"];
    });
    const network = await connect(yagna);
    const order = orderOf({ demand: { workload: { imageTag: "acme/work:1", minStorageGib: 2 } } });
    const rental = await network.oneOf({ order, volumes: { more: { path: "/more", sizeGib: 1 } } });
    const unit = await rental.getExeUnit();
    expect(await unit.uploadJson({ a: 1 }, "/data/a.json")).toMatchObject({ result: "Ok" });
    expect(await unit.uploadJson({ a: 1 }, "/more/a.json")).toMatchObject({ result: "Ok" });
    expect(await unit.uploadJson({ a: 1 }, "/elsewhere/a.json")).toMatchObject({
      result: "Error",
      message: expect.stringContaining("receiver is gone"),
    });
    expect(await unit.downloadData("/data/b")).toMatchObject({
      result: "Error",
      message: expect.stringContaining("Path not found in container"),
    });
    expect(await unit.run("cat /data/a.json; echo $FROM_IMAGE")).toMatchObject({ stdout: '{"a":1}yes\n' });
    expect(yagna.agreements()[0]?.demandProperties["golem.srv.comp.task_package"]).toContain(`hash:sha3:${"cd".repeat(28)}:http://`);
    await rental.stopAndFinalize();
  });

  test("runs batches on one rental, and goes on to the next provider where one refuses", async () => {
    // golem-js tells a refusal only of a counter-proposal that it has noted before.
    const yagna = await startYagna({ delays: { negotiateMs: 2_000 } });
    yagna.behave("alpha", { agreement: "reject" });
    yagna.behave("beta", { counter: "reject" });
    const network = await connect(yagna);
    const refusals: string[] = [];
    network.market.events.on("offerCounterProposalRejected", ({ reason }) => refusals.push(reason ?? ""));
    network.market.events.on("agreementRejected", () => refusals.push("agreement"));
    const rental = await network.oneOf({ order: orderOf() });
    expect(rental.agreement.provider.name).toBe("gamma");
    const unit = await rental.getExeUnit();
    const results = await unit.beginBatch().run("print", ["one"]).run("exit", ["0"]).run("exit", ["2"]).run("print", ["never"]).end();
    expect(results.map(({ result }) => result)).toEqual(["Ok", "Ok", "Error", "Error"]);
    expect(yagna.activities()[0]?.commands).toEqual([
      ["print", "one"],
      ["exit", "0"],
      ["exit", "2"],
    ]);
    await rental.stopAndFinalize();
    await eventually(() => refusals.includes("agreement"), "the event of the rejected agreement");
    expect(refusals).toContain("Simulated refusal");
  });

  test("scans the market, and joins a private network", async () => {
    const yagna = await startYagna({ providers: [{ name: "card", gpu: { model: "RTX 4090" } }, { name: "plain" }] });
    const network = await connect(yagna);
    const wanted = network.market.buildScanSpecification({ workload: { runtime: { name: "vm-nvidia" }, capabilities: ["!exp:gpu"] } });
    const name = await new Promise((resolve, reject) => {
      const scan = network.market.scan(wanted).subscribe({
        next: (offer) => {
          resolve(offer.provider.name);
          queueMicrotask(() => scan.unsubscribe());
        },
        error: reject,
      });
    });
    expect(name).toBe("card");
    await eventually(() => yagna.requests.some(({ operation }) => operation === "endScan"), "the end of the scan");

    const vpn = await network.createNetwork({ ip: "192.168.7.0/24" });
    const rental = await network.oneOf({ order: orderOf({ network: vpn }) });
    const unit = await rental.getExeUnit();
    expect(unit.getIp()).toMatch(/^192\.168\.7\./);
    const deployed = yagna.requests.find(({ operation }) => operation === "exec");
    expect(deployed?.body).toContain('\\"net\\":[');
    await rental.stopAndFinalize();
    await network.destroyNetwork(vpn);
  });
});
