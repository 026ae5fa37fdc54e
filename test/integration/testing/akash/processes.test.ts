import { existsSync } from "node:fs";
import { expect, onTestFinished, test } from "vitest";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { akashProcessContainers, startSimulatedAkash } from "../../../../src/testing/akash/index.js";
import { eventually } from "../../../support/eventually.js";
import { clientOf, sdlOf } from "./fixture.js";

/** The simulator with real child processes, whose steps take milliseconds. */
async function onRealTime() {
  const host = systemHost();
  const simulator = await startSimulatedAkash({
    host,
    containers: akashProcessContainers(host),
    unknownFields: false,
    transactionMs: 5,
    bidMs: 5,
    scheduleMs: 1,
    pullMs: 1,
    restartMs: 20,
    blockMs: 50,
  });
  onTestFinished(() => simulator.close());
  const client = clientOf(simulator, () => new Promise((resolve) => host.setTimer(10, resolve)));
  const leased = async (sdl: string): Promise<string> => {
    const { dseq, manifest } = await client.create(sdl);
    const [{ bid }] = await eventually(async () => {
      const bids = await client.bids(dseq);
      return bids.length > 0 ? bids : undefined;
    }, "a bid");
    const { gseq, oseq, provider } = bid.id;
    const answer = await client.api("POST", "/v1/leases", { manifest, leases: [{ dseq, gseq, oseq, provider }] });
    expect(answer.status).toBe(200);
    return dseq;
  };
  return { simulator, leased, ...client };
}

const shell = (script: string, env: readonly string[] = []) => sdlOf({ env, service: { command: ["/bin/sh", "-c"], args: [script] } });

test("commands really run, with the platform's variables; a command can be sent in; nothing is left afterwards", async () => {
  const { simulator, leased, gateway, token, stream, close } = await onRealTime();
  // Kubernetes makes one dollar of two, and a variable of `$(NAME)`.
  const script = 'echo "nonce $NONCE $(NONCE) of $AKASH_DEPLOYMENT_SEQUENCE"; echo $$$$ > "$SPILLWAY_ROOT/pid"; exec sleep 600';
  const dseq = await leased(shell(script, ["NONCE=n1"]));
  const { base, provider } = await gateway(dseq);
  const jwt = await token();
  const lines = await eventually(async () => {
    const logs = stream(`${base}/logs?follow=false`, jwt);
    await logs.ended;
    return logs.frames.length > 0 ? logs.texts() : undefined;
  }, "a line of log");
  expect(JSON.parse(lines[0] ?? "").message).toBe(`nonce n1 n1 of ${dseq}`);
  const { env } = simulator.deployments()[0]?.containers[0] ?? {};
  expect(Object.keys(env ?? {}).filter((name) => name.startsWith("AKASH_"))).toHaveLength(6);
  expect(env?.["AKASH_PROVIDER"]).toBe(provider);

  const command = encodeURIComponent("cat pid; pwd; echo oops >&2; exit 4");
  const exec = stream(`${base}/shell?cmd0=/bin/sh&cmd1=-c&cmd2=${command}&service=job`, jwt);
  expect((await exec.ended).code).toBe(1_000);
  const frames = exec.frames.map(({ data }) => [data[0], String(data.subarray(1))] as const);
  const printed = frames.filter(([kind]) => kind === 100).map(([, text]) => text);
  const [pidLine = "", directory = ""] = printed.join("").split("\n");
  const pid = Number(pidLine);
  expect(existsSync(directory)).toBe(true);
  expect(frames.find(([kind]) => kind === 101)).toEqual([101, "oops\n"]);
  expect(frames.at(-1)).toEqual([102, '{"exit_code":4}']);
  expect(process.kill(pid, 0)).toBe(true);
  await close(dseq);
  await eventually(() => !isAlive(pid), "the end of the process");
  await simulator.close();
  expect(existsSync(directory)).toBe(false);
});

test("input reaches a command, and a stream that is left ends it", async () => {
  const { leased, gateway, token, stream } = await onRealTime();
  const { base } = await gateway(await leased(shell("exec sleep 600")));
  const jwt = await token();
  const cat = await eventually(async () => {
    const tried = stream(`${base}/shell?cmd0=cat&service=job&stdin=1`, jwt);
    tried.socket.once("open", () => tried.socket.send(Buffer.concat([Buffer.from([104]), Buffer.from("hello")])));
    const first = await Promise.race([
      tried.ended.then(() => undefined),
      eventually(() => tried.frames.find(({ data }) => data[0] === 100), "the echo").catch(() => undefined),
    ]);
    return first === undefined ? undefined : { tried, first };
  }, "a container to send a command to");
  expect(String(cat.first.data.subarray(1))).toBe("hello");
  cat.tried.socket.terminate();
  await cat.tried.ended;
});

test("a command that exits is started again in an empty directory, with a log of its own", async () => {
  const { simulator, leased, gateway, token, stream } = await onRealTime();
  const script = 'test -e "$SPILLWAY_ROOT/marker" && echo again || echo fresh; touch "$SPILLWAY_ROOT/marker"; exit 0';
  const dseq = await leased(shell(script));
  await eventually(() => (simulator.deployments()[0]?.containers[0]?.starts ?? 0) >= 3, "three starts");
  expect(simulator.deployments()[0]?.containers[0]?.commandEnded).toBe(true);
  const { base } = await gateway(dseq);
  const jwt = await token();
  const lines = await eventually(async () => {
    const logs = stream(`${base}/logs?follow=false`, jwt);
    await logs.ended;
    return logs.frames.length > 0 ? logs.texts().map((text) => JSON.parse(text).message) : undefined;
  }, "a line of log");
  expect(lines).toEqual(["fresh"]);
});

test("a command that does not exist is a crash loop", async () => {
  const { simulator, leased } = await onRealTime();
  await leased(sdlOf({ service: { command: ["/no/such/command"], args: [] } }));
  await eventually(() => (simulator.deployments()[0]?.containers[0]?.starts ?? 0) >= 2, "two starts");
  expect(existsSync("/no/such/command")).toBe(false);
});

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}
