import { expect, test } from "vitest";
import { keepingPlan, onSimulatedYagna } from "./fixture.js";

test("a command runs on the cheapest machine, its outputs come back, and the bill is settled", { timeout: 120_000 }, async (context) => {
  const { yagna, backend, bind, until, released, call, report } = await onSimulatedYagna(context);
  const script =
    'printf "%s" "$WORD" > /out/result; mkdir -p /out/deep; echo deep > "/out/deep/odd name"; echo hello; echo oops >&2; exit 3';
  const lease = await bind({ argv: ["sh", "-c", script], env: { WORD: "it's $5 `now`" }, outputs: [{ path: "/out", optional: false }] });
  expect(lease.node?.backend).toBe("golem");
  expect(await until(lease.ref, "exited", "ended")).toMatchObject({ phase: "exited", exitCode: 3 });
  const printed: string[] = [];
  for await (const { stream, text } of backend.logs?.(lease.ref, call()) ?? []) printed.push(`${stream}: ${text.trim()}`);
  expect(printed.sort()).toEqual(["stderr: oops", "stdout: hello"]);
  const files = new Map<string, string>();
  const manifest = await backend.collect?.(lease.ref, keepingPlan(["/out"], files), call());
  expect(Object.fromEntries(files)).toEqual({ "/out/result": "it's $5 `now`", "/out/deep/odd name": "deep\n" });
  expect(manifest).toMatchObject({ exitCode: 3, nonce: "0123" });
  await released(lease.ref);
  expect(yagna.openAgreements()).toEqual([]);
  expect(yagna.allocations().filter(({ open }) => open)).toEqual([]);
  const [bill] = [...yagna.ledger().values()];
  expect(bill?.invoiceAccepted).toBe(bill?.invoiced);
  expect(await report(lease.ref)).toMatchObject({ kind: "gone", charge: { final: true } });
  await backend.close?.();
  expect(yagna.openDemands()).toBe(0);
  expect(yagna.openServices()).toBe(0);
});
