import { describe, expect, test } from "vitest";
import { readStatus, STATUS_PATH } from "../../../../src/kit/runner/index.js";
import { Secret } from "../../../../src/model/secret.js";
import { testCallContext } from "../../../../src/testing/call-context.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

const nonce = "ab".repeat(32);
const status = { version: 1, nonce, phase: "running", sinceMs: 5, manifest: null };
const finished = { version: 1, nonce, exitCode: 0, outputs: [] };

async function ask(answer: unknown, http = 200, endpoint = "http://node.example:8080/") {
  const seen: Request[] = [];
  const fetch: typeof globalThis.fetch = async (input, init) => {
    seen.push(new Request(input, init));
    return new Response(typeof answer === "string" ? answer : JSON.stringify(answer), { status: http });
  };
  const call = testCallContext({ host: createVirtualHost() });
  const question = { backend: "akash", endpoint, token: new Secret("token"), nonce, places: {}, fetch };
  return { seen, result: await readStatus(question, call).catch((error: unknown) => error) };
}

describe("readStatus", () => {
  test("asks below the endpoint, with the token", async () => {
    const { seen, result } = await ask(status, 200, "https://node.example/lease/7/");
    expect(result).toEqual({ phase: "running", sinceMs: 5 });
    expect(seen.map(({ url, method }) => [method, url])).toEqual([["GET", `https://node.example/lease/7${STATUS_PATH}`]]);
    expect(seen[0]?.headers.get("authorization")).toBe("Bearer token");
  });

  test("answers the manifest once there is one, and passes over what later versions add", async () => {
    expect((await ask({ ...status, phase: "finished", manifest: finished, more: 1 })).result).toEqual({
      phase: "finished",
      sinceMs: 5,
      manifest: finished,
    });
  });

  test.each([
    ["another attempt's answer", { ...status, nonce: "cd".repeat(32) }, "BACKEND_RESPONSE_INVALID"],
    ["another version", { ...status, version: 2 }, "BACKEND_RESPONSE_INVALID"],
    ["an unknown phase", { ...status, phase: "sleeping" }, "BACKEND_RESPONSE_INVALID"],
    ["another program's page", "<html>", "BACKEND_RESPONSE_INVALID"],
    ["a manifest with another nonce", { ...status, manifest: { ...finished, nonce: "cd".repeat(32) } }, "STAGING_FAILED"],
    ["a manifest that names foreign places", { ...status, manifest: { ...finished, outputs: [{ path: "/x" }] } }, "STAGING_FAILED"],
  ])("refuses %s", async (_, answer, code) => {
    expect((await ask(answer)).result).toMatchObject({ code });
  });

  test.each([
    [401, "BACKEND_AUTH_FAILED"],
    [404, "BACKEND_REJECTED"],
  ])("status %i is %s, and the token is not shown", async (http, code) => {
    const { result } = await ask("token", http);
    expect(result).toMatchObject({ code });
    expect(String(result)).not.toContain("token");
  });
});
