import { describe, expect, test } from "vitest";
import { manifestFromLog } from "../../../../src/kit/runner/index.js";
import { ONCE_HEADERS } from "../../../support/object-server.js";
import { Attempt, lanes, sha256 } from "../../../support/runner.js";

/** An attempt whose results may be stored once only, by PUTs with headers. Its command writes a word of its environment. */
async function once(lane: Parameters<typeof Attempt.on>[0]): Promise<Attempt> {
  const attempt = await Attempt.on(lane);
  attempt.output("/out");
  attempt.argv = ["sh", "-c", 'printf %s "$WORD" >"$SPILLWAY_ROOT/out"; cp "$SPILLWAY_ROOT/out" "$SPILLWAY_ROOT/plain"'];
  attempt.env = { WORD: "first" };
  const target = (name: string) => ({ url: attempt.store.url("PUT", name, "once"), headers: ONCE_HEADERS });
  attempt.urls = { manifestPut: target("manifest"), outputs: { "/out": target("out0") } };
  return attempt;
}

describe.each(lanes())("PUTs that are signed with headers, with $shell and $client", (lane) => {
  test("are sent with them, and those that are signed without any are sent without", async () => {
    const attempt = await once(lane);
    attempt.output("/plain");
    attempt.urls = { ...attempt.urls, outputs: { ...attempt.urls.outputs, "/plain": attempt.store.url("PUT", "plain") } };
    const { code, stderr } = await attempt.run();
    expect(code, stderr).toBe(0);
    for (const name of ["out0", "plain"]) expect(attempt.store.objects.get(name)?.toString()).toBe("first");
    expect(attempt.manifest).toMatchObject({
      exitCode: 0,
      outputs: [{ path: "/out", sha256: sha256(Buffer.from("first")) }, { path: "/plain" }],
    });
  });

  test("count as carried out when the answer to the first try was lost", async () => {
    const attempt = await once(lane);
    attempt.store.trouble = ({ method, earlier }) => (method === "PUT" && earlier === 0 ? { kind: "done-then-reset" } : undefined);
    const { code, stderr } = await attempt.run();
    expect(code, stderr).toBe(0);
    expect(attempt.store.count("PUT", "out0")).toBe(2);
    expect(attempt.store.count("PUT", "manifest")).toBe(2);
    expect(attempt.manifest).toMatchObject({ exitCode: 0 });
  });

  test("do not replace what the container before has stored, whose word stands", async () => {
    const attempt = await once(lane);
    await attempt.run();
    const { manifest } = attempt;
    attempt.env = { WORD: "second" };
    // The second container is one that cannot find out that the attempt has ended: it does not ask, and its disk is another one.
    attempt.asks = false;
    const { code, stdout } = await attempt.start("fresh").ended;
    expect(code).toBe(0);
    expect(manifestFromLog(stdout, attempt.expected)?.outputs[0]?.sha256).toBe(sha256(Buffer.from("second")));
    expect(attempt.manifest).toEqual(manifest);
    expect(attempt.store.objects.get("out0")?.toString()).toBe("first");
  });
});
