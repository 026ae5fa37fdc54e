import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { policies } from "spillway";
import type { Logger } from "spillway/spec";
import { describe, expect, test } from "vitest";
import { eventually } from "../../support/eventually.js";
import { shell, staged } from "./fixture.js";

const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: unknown) => thrown);

describe("work on machines that are nothing but containers", () => {
  test("gets its inputs, and its outputs come back to where they belong", async () => {
    const { scheduler, server, market, file, text, keys } = await staged();
    server.seed("data/greeting", Buffer.from("hello"));
    const run = await scheduler.schedule(
      shell('cat "$SPILLWAY_ROOT/in/greeting" "$SPILLWAY_ROOT/in/name" > "$SPILLWAY_ROOT/out/result"', {
        inputs: { "/in/greeting": "s3://test-bucket/data/greeting", "/in/name": file("name.txt", " world") },
        outputs: { "/out/result": "s3://test-bucket/results/one" },
      }),
    );
    const result = await run.result();
    expect(text("results/one")).toBe("hello world");
    expect(Buffer.from(await result.output("/out/result").download()).toString()).toBe("hello world");
    await run.settled();
    await scheduler.close();
    expect(market.openLeases()).toEqual([]);
    // What is left: what was there, the result, and the copy of the local file under its digest.
    expect(keys().sort()).toEqual(["data/greeting", "results/one", expect.stringMatching(/^spillway\/inputs\/[0-9a-f]{64}$/)]);
  });

  test("is seen to end by what it leaves behind, with its exit code", async () => {
    const { scheduler } = await staged();
    const run = await scheduler.schedule(shell("exit 3"));
    expect(await failure(run.result())).toMatchObject({ code: "WORKLOAD_FAILED", details: { exitCode: 3 } });
    const [attempt] = await run.attempts();
    expect(attempt).toMatchObject({ exitCode: 3, outcome: "workload-failed", manifest: { exitCode: 3, outputs: [] } });
  });

  test("fails as a workload when it does not write what it declares", async () => {
    const { scheduler } = await staged();
    const run = await scheduler.schedule(shell("true", { outputs: { "/out/result": "s3://test-bucket/results/none" } }));
    expect(await failure(run.result())).toMatchObject({ code: "OUTPUT_MISSING" });
  });

  test("begins anew when the platform kills its container in the middle", async () => {
    const { scheduler, market, lines, folder, text } = await staged({ market: { restartAfterMs: 700 } });
    const run = await scheduler.schedule(
      shell(`echo begun >> '${folder}/begun'; sleep 1; echo done > out`, { outputs: { out: "s3://test-bucket/results/out" } }),
    );
    await run.result();
    expect(text("results/out")).toBe("done\n");
    expect(lines("begun").length).toBe(2);
    expect(market.leases().map(({ restarts }) => restarts)).toEqual([1]);
  });

  test("is not done again by a container that is started after its end", async () => {
    // Nobody looks for three seconds, so that the platform has time to start a second container on an empty disk.
    const pollMs = { least: 3_000, most: 3_000 };
    const { scheduler, market, lines, folder } = await staged({ market: { restartAfterMs: 1_200, capabilities: { pollMs } } });
    const run = await scheduler.schedule(shell(`echo begun >> '${folder}/begun'`));
    await eventually(() => market.leases()[0]?.restarts === 1, "a second container", 5_000);
    await run.result();
    expect(lines("begun")).toEqual(["begun"]);
  });

  test("needs no place for its job text among the variables when it has many files", async () => {
    const { scheduler, server, text, keys } = await staged();
    const names = Array.from({ length: 40 }, (_, index) => `part-${index}`);
    const long = "x".repeat(800);
    for (const name of names) server.seed(`${long}/${name}`, Buffer.from(`${name} `));
    const run = await scheduler.schedule(
      shell("cat in/* | wc -w > out", {
        inputs: Object.fromEntries(names.map((name) => [`in/${name}`, `s3://test-bucket/${long}/${name}`])),
        outputs: { out: "s3://test-bucket/results/words" },
      }),
    );
    await run.result();
    expect(text("results/words").trim()).toBe("40");
    expect(server.log.some(({ key, method }) => key.endsWith("/job") && method === "PUT")).toBe(true);
    await scheduler.close();
    expect(keys().filter((key) => key.endsWith("/job"))).toEqual([]);
  });

  test("is believed by its log when its manifest cannot be stored", async () => {
    const timing = { timeoutGraceMs: 0, stagingGraceMs: 0 };
    const { scheduler, server, text } = await staged({ scheduler: { timing } });
    server.inject({
      operation: "PutObject",
      key: /\/node\/manifest$/,
      times: 1_000,
      fault: { kind: "status", status: 403, code: "AccessDenied" },
    });
    const run = await scheduler.schedule(shell("echo told > out", { outputs: { out: "s3://test-bucket/results/told" }, timeout: "4s" }));
    const result = await run.result();
    expect(text("results/told")).toBe("told\n");
    expect(result.winner).toMatchObject({ outcome: "succeeded", exitCode: 0 });
  });
});

describe("what machines elsewhere claim", () => {
  test("is compared with what is stored; a node that stored something else is left for another one", async () => {
    const { scheduler, server, text, artifacts } = await staged();
    // The node still has its URL: right after its manifest it changes what it has stored.
    let spoilt = "";
    const spoiling = {
      ...artifacts,
      copy: async (from: string, to: string, options: Parameters<typeof artifacts.copy>[2]) => {
        if (spoilt === "" && from.endsWith("/node/output-0")) {
          spoilt = from.replace("s3://test-bucket/", "");
          server.seed(spoilt, Buffer.from("something else\n"));
        }
        return artifacts.copy(from, to, options);
      },
    };
    await scheduler.close();
    const again = await staged({ scheduler: { artifacts: [spoiling] } });
    const run = await again.scheduler.schedule(shell("echo right > out", { outputs: { out: "s3://test-bucket/results/right" } }));
    await run.result();
    expect(text("results/right")).toBe("right\n");
    const attempts = await run.attempts();
    expect(attempts.map(({ outcome, error }) => error?.code ?? outcome)).toEqual(["OUTPUT_DIGEST_MISMATCH", "succeeded"]);
    expect(attempts[1]?.node.node).not.toBe(attempts[0]?.node.node);
  });

  test("loses against the majority when its outputs are consistently wrong, and nothing of it stays", async () => {
    const providers = [
      { name: "honest", nodes: 8, startMs: 0 },
      { name: "liar", nodes: 1, startMs: 0, wrongShare: 1, usdPerHour: 0.001 },
    ];
    // Without draws the liar, who is cheapest, is surely among those asked.
    const policy = { ...policies.cheapest(), selection: { kind: "quantile", quantile: 0.5 } as const };
    const { scheduler, text, keys } = await staged({ market: { providers }, scheduler: { policy } });
    const run = await scheduler.schedule(
      shell("echo right > out", {
        outputs: { out: "s3://test-bucket/results/right" },
        verification: { kind: "quorum", maxErrorProbability: 0.01, maxReplicas: 9 },
      }),
    );
    await run.result();
    expect(text("results/right")).toBe("right\n");
    const attempts = await run.attempts();
    expect(attempts.filter(({ verdict }) => verdict === "wrong").map(({ node }) => node.provider)).toEqual(["liar"]);
    await run.settled();
    await scheduler.close();
    expect(keys()).toEqual(["results/right"]);
  });
});

test("a node cannot replace what it has stored, nor store it without the headers it was given", async () => {
  const answers: (readonly [string, number, number])[] = [];
  const { artifacts, server, lines, folder, scheduler } = await staged();
  await scheduler.close();
  const tempting = {
    ...artifacts,
    copy: async (from: string, to: string, options: Parameters<typeof artifacts.copy>[2]) => {
      // Between the manifest and the copy: the URLs are alive.
      for (const url of from.endsWith("/node/output-0") ? lines("urls") : []) {
        const headers = { "content-type": "application/octet-stream", "if-none-match": "*" };
        const [bare, again] = [await fetch(url, { method: "PUT", body: "x" }), await fetch(url, { method: "PUT", body: "x", headers })];
        answers.push([new URL(url).pathname.split("/").at(-1) ?? "", bare.status, again.status]);
      }
      return artifacts.copy(from, to, options);
    },
  };
  const again = await staged({ scheduler: { artifacts: [tempting] } });
  const run = await again.scheduler.schedule(
    shell(
      `grep -E '^(out|manifest)' "$TMPDIR"/spillway-*/job | tr ' ' '\\n' | grep '^http' | grep 'content-type' > '${folder}/urls'; echo right > out`,
      {
        outputs: { out: "s3://test-bucket/results/right" },
      },
    ),
  );
  await run.result();
  expect(answers).toEqual([
    ["manifest", 403, 412],
    ["output-0", 403, 412],
  ]);
  expect(Buffer.from(server.objects().get("results/right")?.bytes ?? []).toString()).toBe("right\n");
});

describe("what nobody but the machine may see", () => {
  test("URLs are in no row, event, decision or log line", async () => {
    const said: string[] = [];
    const say = (facts: object, message: string): void => void said.push(JSON.stringify([facts, message]));
    const logger: Logger = { debug: say, info: say, warn: say, error: say };
    const { scheduler, store, file } = await staged({ scheduler: { logger } });
    const events: unknown[] = [];
    scheduler.on("event", (event) => void events.push(event));
    const run = await scheduler.schedule(
      shell("cp in out; exit 1", { inputs: { in: file("in", "x") }, outputs: { out: "s3://test-bucket/results/x" } }),
    );
    const error = await failure(run.result());
    await run.settled();
    const everything = JSON.stringify([said, events, error, await store.load([run.id]), await run.decisions()], (_, value: unknown) =>
      typeof value === "bigint" ? String(value) : value,
    );
    expect(everything).not.toMatch(/X-Amz-Signature/i);
    expect(everything).toContain("spillway/inputs/");
  });

  test("confidential work is not shown to strangers, and not a byte of it leaves", async () => {
    const { scheduler, server, file, market } = await staged();
    for (const sensitivity of ["internal", "confidential", "personal", "phi", "pci"] as const) {
      const error = await failure(scheduler.schedule(shell("true", { inputs: { in: file("secret", "secret") }, data: { sensitivity } })));
      expect(error, sensitivity).toMatchObject({ code: "NO_FEASIBLE_PLACEMENT" });
    }
    expect(server.log).toEqual([]);
    expect(market.history()).toEqual([]);
  });

  test("confidential work goes to a company under contract", async () => {
    const providers = [{ name: "known", nodes: 1, startMs: 0, trust: { operator: "single" as const } }];
    const { scheduler, text } = await staged({ market: { providers } });
    const run = await scheduler.schedule(
      shell("echo mine > out", { outputs: { out: "s3://test-bucket/results/mine" }, data: { sensitivity: "confidential" } }),
    );
    await run.result();
    expect(text("results/mine")).toBe("mine\n");
  });

  test("a URL reaches one object of one attempt, for one method", async () => {
    const { scheduler, server, folder, lines } = await staged();
    const run = await scheduler.schedule(shell(`cat "$TMPDIR"/spillway-*/job | tr ' ' '\\n' | grep '^http' >> '${folder}/urls'`));
    await run.result();
    const attempt = (await run.attempts())[0]?.key ?? "";
    const urls = lines("urls").map((url) => new URL(url));
    expect(urls.length).toBe(2);
    for (const { pathname, searchParams } of urls) {
      expect(pathname).toBe(`/test-bucket/spillway/${run.id}/${attempt}/node/manifest`);
      // Bind deadline, timeout and margin.
      expect(Number(searchParams.get("X-Amz-Expires"))).toBeLessThanOrEqual(30 + 60 + 15 * 60 + 1);
    }
    server.seed("private", Buffer.from("x"));
    for (const url of urls) {
      const elsewhere = new URL(url);
      elsewhere.pathname = "/test-bucket/private";
      for (const method of ["GET", "PUT", "DELETE"]) expect((await fetch(elsewhere, { method })).status).toBe(403);
      expect((await fetch(url, { method: "DELETE" })).status).toBe(403);
    }
  });
});

describe("erase", () => {
  test("takes everything that was stored for a run, and leaves what other runs share", async () => {
    const { scheduler, file, keys } = await staged();
    const work = shell("cp in out; cp in kept", {
      inputs: { in: file("in", "x") },
      outputs: { out: "s3://test-bucket/results/x", kept: {} },
    });
    const run = await scheduler.schedule(work);
    await run.result();
    await run.settled();
    await eventually(() => keys().filter((key) => key.includes(run.id)).length === 1, "the end of tidying up");
    expect(keys().filter((key) => key.includes(run.id))).toEqual([expect.stringMatching(/\/1\/kept$/)]);
    expect(await scheduler.erase(run.id)).toEqual({ removed: 2, notErasable: [] });
    expect(keys()).toEqual([expect.stringMatching(/^spillway\/inputs\//)]);
    expect(await scheduler.erase(run.id)).toEqual({ removed: 0, notErasable: [] });
  });

  test("refuses to work on a run that is not over", async () => {
    const { scheduler } = await staged();
    const run = await scheduler.schedule(shell("sleep 30"));
    expect(await failure(scheduler.erase(run.id))).toMatchObject({ code: "RUN_ACTIVE" });
  });
});

test("a local file that changes between acceptance and upload is refused, and nothing stays under its old name", async () => {
  const { scheduler, file, keys, folder } = await staged({ scheduler: { concurrency: 1 } });
  const first = await scheduler.schedule(shell("sleep 1"));
  const run = await scheduler.schedule(shell("true", { inputs: { in: file("in", "before") } }));
  writeFileSync(join(folder, "in"), "after!");
  expect(await failure(run.result())).toMatchObject({ code: "INPUT_DIGEST_MISMATCH" });
  await first.result();
  expect(keys().filter((key) => key.includes("inputs/"))).toEqual([]);
});
