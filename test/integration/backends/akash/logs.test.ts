import { expect, test, vi } from "vitest";
import type { LeaseRef } from "../../../../src/model/lease.js";
import { onVirtualTime } from "./fixture.js";

// Sockets are real, and a machine may be busy.
vi.setConfig({ testTimeout: 240_000 });

const MARK = "spillway-manifest";
const MINUTE_MS = 60_000;

type On = Awaited<ReturnType<typeof onVirtualTime>>;

/** Everything that the log tells until it ends. */
async function read(on: On, ref: LeaseRef): Promise<string> {
  let text = "";
  for await (const chunk of on.backend.logs?.(ref, on.call({ deadlineMs: on.host.now() + 60 * MINUTE_MS })) ?? []) text += chunk.text;
  return text;
}

const lines = Array.from({ length: 20 }, (_, index) => `line ${index}`);

test.each(["proxy", "direct"] as const)("are over with the runner's last line, by way of %s", async (gateway) => {
  const on = await onVirtualTime(gateway === "direct" ? { gatewayTls: "none" } : {}, { gateway });
  const { ref } = await on.bind({ argv: ["print", [...lines, `${MARK} nonce {}`, "never read"].join("\n")] });
  const text = await on.done(read(on, ref));
  expect(text).toBe(`${[...lines, `${MARK} nonce {}`].join("\n")}\n`);
  await on.released(ref);
});

/** Streams of logs that have been opened so far. */
const opened = ({ simulator }: On): number => simulator.requests.filter(({ operation }) => operation === "gatewayLogs").length;

test("a stream that is cut is opened again, and no line is told twice", async () => {
  const on = await onVirtualTime({}, { logIdleMs: 120 * MINUTE_MS });
  const { ref } = await on.bind({ argv: ["print", [...lines].join("\n")] });
  await on.untilPhase(ref, "running");
  const told: string[] = [];
  const controller = new AbortController();
  const reading = (async () => {
    for await (const { text } of on.backend.logs?.(ref, on.call({ signal: controller.signal })) ?? []) told.push(text);
  })().catch((error: unknown) => error);
  for (let count = 1; count <= 3; count += 1) {
    await on.until(() => opened(on) === count, `stream ${count}`);
    await on.until(() => told.length >= lines.length, "all lines");
    on.simulator.cutStreams(on.dseq(ref));
  }
  await on.until(() => opened(on) === 4, "the last stream");
  for (let step = 0; step < 20; step += 1) await on.advance(1_000);
  controller.abort("enough");
  expect(await reading).toBe("enough");
  expect(told).toEqual(lines.map((line) => `${line}\n`));
  await on.released(ref);
});

test("a container that was started again begins its log anew", async () => {
  const on = await onVirtualTime({}, { logIdleMs: 120 * MINUTE_MS });
  const { ref } = await on.bind({ argv: ["print", "once"] });
  await on.untilPhase(ref, "running");
  const controller = new AbortController();
  const told: string[] = [];
  const reading = (async () => {
    for await (const { text } of on.backend.logs?.(ref, on.call({ signal: controller.signal })) ?? []) told.push(text);
  })().catch((error: unknown) => error);
  await on.until(() => told.length > 0, "the line");
  on.simulator.restart(on.dseq(ref));
  await on.until(() => opened(on) > 1, "another stream");
  controller.abort("enough");
  expect(await reading).toBe("enough");
  expect(new Set(told)).toEqual(new Set(["once\n"]));
  await on.released(ref);
});

test("a token that has run out by then is renewed for the next stream", async () => {
  const on = await onVirtualTime({}, { tokenMs: 60_000, logIdleMs: 120 * MINUTE_MS });
  const { ref } = await on.bind({ argv: ["print", lines.join("\n")] });
  await on.untilPhase(ref, "running");
  const controller = new AbortController();
  const reading = (async () => {
    for await (const _ of on.backend.logs?.(ref, on.call({ signal: controller.signal })) ?? []);
  })().catch((error: unknown) => error);
  const minted = (): number => on.simulator.requests.filter(({ operation, body }) => operation === "jwt" && body.includes('"logs"')).length;
  // Streams end with their token, and are opened again with another.
  await on.until(() => minted() >= 3 && opened(on) >= 3, "two renewals");
  controller.abort("enough");
  expect(await reading).toBe("enough");
  await on.released(ref);
});

test("of a lease that is over end at once, and of one that never starts with the lease", async () => {
  const on = await onVirtualTime();
  on.simulator.trouble({ kind: "unschedulable" });
  const { ref } = await on.bind();
  const reading = read(on, ref);
  await on.advance(MINUTE_MS);
  await on.released(ref);
  expect(await on.done(reading)).toBe("");
  expect(await on.done(read(on, ref))).toBe("");
});
