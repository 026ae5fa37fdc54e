import { existsSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { describe, expect, onTestFinished, test } from "vitest";
import { readStatus, runnerToken } from "../../../../src/kit/runner/index.js";
import { Secret } from "../../../../src/model/secret.js";
import { systemHost } from "../../../../src/runtime/system-host.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { eventually } from "../../../support/eventually.js";
import { freePort } from "../../../support/free-port.js";
import { Attempt, fewLanes, type Lane, programPath } from "../../../support/runner.js";

const host = systemHost();

/** Whatever in an image can open a port, with shells that have it. */
const SERVERS = ["perl", "python3", "busybox"] as const;
const here = fewLanes();
const cases = SERVERS.flatMap((server) =>
  here
    .filter((lane) => (server === "busybox" ? lane.shell === "busybox" : programPath(server) !== undefined))
    .map((lane) => ({ ...lane, server })),
);

for (const server of SERVERS) {
  const missing = !cases.some((one) => one.server === server);
  test.skipIf(missing)(missing ? `${server}: not installed here` : `${server} is tested below`, () => expect(cases).not.toEqual([]));
}

async function serving(lane: Lane, server: (typeof SERVERS)[number] | "none") {
  const attempt = await Attempt.on(lane, server === "busybox" || server === "none" ? {} : { also: [server] });
  const token = new Secret(runnerToken({ secret: "00" }, attempt.key, host));
  const port = await freePort();
  attempt.urls = { status: { port, token } };
  attempt.options = { hold: true };
  attempt.output("/out");
  attempt.input("/in", "x");
  attempt.argv = ["sh", "-c", 'while [ ! -e "$SPILLWAY_ROOT/go" ]; do sleep 0.01; done; echo >"$SPILLWAY_ROOT/out"; exit 0'];
  const endpoint = `http://127.0.0.1:${port}`;
  const ask = (more: Partial<Parameters<typeof readStatus>[0]> = {}) =>
    readStatus({ backend: "test", endpoint, token, ...attempt.expected, ...more }, testCallContext({ host }));
  const up = () =>
    eventually(
      () =>
        fetch(endpoint).then(
          () => true,
          () => false,
        ),
      "the port",
    );
  return { attempt, endpoint, port, token, ask, up };
}

describe.each(cases)("the status page by $server, under $shell with $client", ({ server, ...lane }) => {
  test("shows every phase to whoever has the token, and the manifest at the end", async () => {
    const { attempt, ask, up } = await serving(lane, server);
    attempt.store.trouble = ({ name, earlier }) => (earlier === 0 && (name === "in0" || name === "out0") ? { kind: "silence" } : undefined);
    const container = attempt.start();
    await up();
    const phase = (wanted: string) => eventually(async () => (await ask()).phase === wanted, wanted);
    await phase("fetching");
    await eventually(() => attempt.store.hangUp() > 0, "the first fetch");
    await phase("running");
    writeFileSync(attempt.file("go"), "");
    await phase("uploading");
    await eventually(() => attempt.store.hangUp() > 0, "the first upload");
    await phase("finished");
    const status = await ask();
    expect(status.manifest).toEqual(attempt.manifest);
    expect(Math.abs(status.sinceMs - host.now())).toBeLessThan(60_000);
    container.kill("SIGTERM");
    await container.ended;
    await eventually(async () => (await attempt.living()).length === 0, "the end of everything");
  });

  test("tells nothing to others, and answers health checks", async () => {
    const { attempt, endpoint, ask, up, token } = await serving(lane, server);
    attempt.start();
    await up();
    for (const path of ["/", "/health", "/spillway/status/", "/../etc/passwd", "/%00"]) {
      const answer = await fetch(endpoint + path);
      expect([answer.status, await answer.text()], path).toEqual([200, "{}\n"]);
    }
    for (const authorization of [
      undefined,
      "",
      "Bearer",
      "Bearer x",
      `Basic ${token.reveal()}`,
      `Bearer ${token.reveal().slice(1)}`,
      `Bearer *`,
    ]) {
      const answer = await fetch(`${endpoint}/spillway/status`, authorization === undefined ? {} : { headers: { authorization } });
      expect([answer.status, await answer.text()], authorization).toEqual([401, "{}\n"]);
    }
    await expect(ask({ token: new Secret("wrong") })).rejects.toMatchObject({ code: "BACKEND_AUTH_FAILED" });
    await expect(ask({ nonce: "cd".repeat(32) })).rejects.toMatchObject({ code: "BACKEND_RESPONSE_INVALID" });
    expect((await ask({ endpoint: `${endpoint}/` })).phase).toMatch(/^(fetching|running)$/);
  });

  test("is not stopped by clients that say nothing, nonsense, or leave", async () => {
    const { attempt, port, ask, up } = await serving(lane, server);
    attempt.start();
    await up();
    const mute = connect(port, "127.0.0.1");
    onTestFinished(() => void mute.destroy());
    for (const text of ["\r\n\r\n", "\0\0\0\n\n", "GET", `GET ${"x".repeat(10_000)} HTTP/1.1\r\n\r\n`])
      connect(port, "127.0.0.1")
        .on("error", () => {})
        .end(text);
    for (let asked = 0; asked < 5; asked++) expect((await ask()).phase).toBeDefined();
  });
});

describe.each(here.filter(({ shell }) => shell === "dash"))("without anything that can open a port, with $client", (lane) => {
  test("the attempt goes on without a status page", async () => {
    const { attempt } = await serving(lane, "none");
    attempt.options = { hold: false };
    writeFileSync(attempt.file("go"), "");
    const { code, stderr } = await attempt.run();
    expect(code).toBe(0);
    expect(stderr).toContain("nothing in the image can open the status port");
    expect(existsSync(attempt.file("out"))).toBe(true);
  });
});
