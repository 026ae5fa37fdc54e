import type { ArtifactStore } from "spillway/spec";
import { describe, expect, test } from "vitest";
import { systemHost } from "../../../src/runtime/system-host.js";
import { eventually } from "../../support/eventually.js";
import { type RawEntry, tarOf } from "../../support/tar.js";
import { shell, staged } from "./fixture.js";

const host = systemHost();
const failure = (promise: Promise<unknown>): Promise<unknown> => promise.catch((thrown: unknown) => thrown);

const tree =
  "mkdir -p out/a/deep out/empty; echo one > out/a/one; echo 2 > 'out/a/deep/two %41?#'; ln -s a/one out/link; ln out/a/one out/hard";

/** Lets the first attempt's node store another archive, and change what its manifest says of it. */
function lying(
  store: ArtifactStore,
  archive: Buffer,
  seed: (key: string, bytes: Uint8Array) => void,
  claim: (manifest: string) => string,
): ArtifactStore {
  let attempt = "";
  return {
    ...store,
    read: async (uri, options) => {
      const [, prefix = ""] = /^s3:\/\/test-bucket\/(.*\/node\/)manifest$/.exec(uri) ?? [];
      const pieces: Uint8Array[] = [];
      const bytes = await store.read(uri, options);
      if (prefix === "" || (attempt !== "" && attempt !== prefix)) return bytes;
      attempt = prefix;
      seed(`${prefix}output-0`, archive);
      for await (const piece of bytes) pieces.push(piece);
      const facts = `"sha256":"${host.sha256(archive)}","size":${archive.length}`;
      const text = Buffer.concat(pieces)
        .toString()
        .replace(/"sha256":"\w+","size":\d+/, facts);
      return (async function* () {
        yield Buffer.from(claim(text));
      })();
    },
  };
}

describe("an output that is a directory", () => {
  test("comes apart where it belongs, links followed, and its archive goes", async () => {
    const { scheduler, text, keys } = await staged();
    const run = await scheduler.schedule(shell(tree, { outputs: { out: "s3://test-bucket/results/one" } }));
    const result = await run.result();
    expect(result.outputs.map(({ member, uri }) => [member, uri])).toEqual([
      ["a/deep/two %41?#", "s3://test-bucket/results/one/a/deep/two%20%2541%3F%23"],
      ["a/one", "s3://test-bucket/results/one/a/one"],
      ["hard", "s3://test-bucket/results/one/hard"],
      ["link", "s3://test-bucket/results/one/link"],
    ]);
    for (const { member, archive, download } of result.outputs) {
      expect(archive).toBeUndefined();
      expect(Buffer.from(await download()).toString()).toBe(member.startsWith("a/deep") ? "2\n" : "one\n");
    }
    expect(text("results/one/a/deep/two %41?#")).toBe("2\n");
    await run.settled();
    await scheduler.close();
    expect(keys().filter((key) => !key.startsWith("results/"))).toEqual([]);
  });

  test("comes apart in the workspace when it has no destination, and stays there", async () => {
    const { scheduler, keys } = await staged();
    const run = await scheduler.schedule(shell("mkdir out; echo x > out/out.tar; echo y > out/b", { outputs: { out: {} } }));
    const result = await run.result();
    await run.settled();
    await eventually(() => keys().length === 2, "the end of tidying up");
    expect(result.outputs.map(({ member }) => member)).toEqual(["b", "out.tar"]);
    expect(await Promise.all(result.outputs.map(async ({ download }) => Buffer.from(await download()).toString()))).toEqual(["y\n", "x\n"]);
    expect(await scheduler.erase(run.id)).toEqual({ removed: 2, notErasable: [] });
    expect(keys()).toEqual([]);
  });

  test("that is empty is a result without files", async () => {
    const { scheduler } = await staged();
    const run = await scheduler.schedule(shell("mkdir out", { outputs: { out: "s3://test-bucket/results/" } }));
    expect((await run.result()).outputs).toEqual([]);
  });

  test("with more files than come apart stays one archive", async () => {
    const { scheduler, server } = await staged();
    const line = "mkdir out; i=0; while [ $i -le 10000 ]; do : > out/$i; i=$((i + 1)); done";
    const run = await scheduler.schedule(shell(line, { outputs: { out: "s3://test-bucket/results/" } }));
    const { outputs } = await run.result();
    expect(outputs).toMatchObject([{ path: "out", member: "", uri: "s3://test-bucket/results/out.tar", archive: { format: "tar" } }]);
    expect(
      Buffer.from((await outputs[0]?.download()) ?? []).equals(server.objects().get("results/out.tar")?.bytes ?? new Uint8Array()),
    ).toBe(true);
  });

  test.each([
    ["leads out of it", "mkdir out; ln -s /etc/passwd out/l"],
    ["leads nowhere", "mkdir out; ln -s missing out/l"],
    ["leads above itself", "mkdir -p out/a; ln -s .. out/a/l; echo > out/f"],
  ])("with a link that %s is the workload's failure", async (_, line) => {
    const { scheduler, keys } = await staged();
    const run = await scheduler.schedule(shell(line, { outputs: { out: "s3://test-bucket/results/" } }));
    expect(await failure(run.result())).toMatchObject({ code: "OUTPUT_MISSING", message: expect.stringContaining("holds") as string });
    expect((await run.attempts()).length).toBe(1);
    expect(keys().filter((key) => key.startsWith("results/"))).toEqual([]);
  });
});

describe("an archive that the node did not make of the directory", () => {
  const hostile: readonly (readonly [string, RawEntry, string])[] = [
    ["absolute names", { name: "/results/taken", body: "x" }, "leads out of it"],
    ["names that climb out", { name: "../../../../../results/taken", body: "x" }, "leads out of it"],
    ["nothing readable", { name: "a", checksum: "000000\0 " }, "checksum"],
  ];
  test.each(hostile)("with %s is the node's failure; another one is asked", async (_, entry, reason) => {
    const first = await staged();
    await first.scheduler.close();
    const artifacts = lying(
      first.artifacts,
      tarOf([{ name: "./ok", body: "x" }, entry]),
      (key, bytes) => first.server.seed(key, bytes),
      (manifest) => manifest,
    );
    const { scheduler } = await staged({ scheduler: { artifacts: [artifacts] } });
    const run = await scheduler.schedule(shell(tree, { outputs: { out: "s3://test-bucket/results/out/" } }));
    await run.result();
    const attempts = await run.attempts();
    expect(attempts.map(({ outcome, error }) => error?.code ?? outcome)).toEqual(["STAGING_FAILED", "succeeded"]);
    expect(attempts[0]?.error?.message).toContain(reason);
    expect(first.text("results/out/link")).toBe("one\n");
    expect(first.keys().filter((key) => key.includes("taken") || key.endsWith("/ok"))).toEqual([]);
  });

  test("with other files than it claims does not count, although the archive's own digest is right", async () => {
    const first = await staged();
    await first.scheduler.close();
    const artifacts = lying(
      first.artifacts,
      tarOf([{ name: "./ok", body: "x" }]),
      (key, bytes) => first.server.seed(key, bytes),
      (manifest) => manifest,
    );
    const { scheduler } = await staged({ scheduler: { artifacts: [artifacts] } });
    const run = await scheduler.schedule(shell(tree, { outputs: { out: "s3://test-bucket/results/out/" } }));
    await run.result();
    expect((await run.attempts()).map(({ outcome, error }) => error?.code ?? outcome)).toEqual(["OUTPUT_DIGEST_MISMATCH", "succeeded"]);
  });

  test("counts when it is another one of the same files, as an earlier container of the attempt leaves it", async () => {
    const first = await staged();
    await first.scheduler.close();
    const archive = tarOf([
      { name: "./b", body: "2\n" },
      { name: "./a", body: "1\n" },
    ]);
    const replaced: ArtifactStore = {
      ...first.artifacts,
      copy: async (from, to, options) => {
        if (from.endsWith("/node/output-0")) first.server.seed(from.replace("s3://test-bucket/", ""), archive);
        return first.artifacts.copy(from, to, options);
      },
    };
    const { scheduler } = await staged({ scheduler: { artifacts: [replaced] } });
    const run = await scheduler.schedule(
      shell("mkdir out; echo 1 > out/a; echo 2 > out/b", { outputs: { out: "s3://test-bucket/results/out/" } }),
    );
    const result = await run.result();
    expect(result.attempts.map(({ outcome }) => outcome)).toEqual(["succeeded"]);
    expect(result.winner.manifest?.outputs[0]).toMatchObject({ sha256: host.sha256(archive), size: archive.length });
    expect(first.text("results/out/b")).toBe("2\n");
  });

  test("is taken as it is when it is what it claims: the digest of the files is what counts", async () => {
    const first = await staged();
    await first.scheduler.close();
    const archive = tarOf([{ name: "./ok", body: "x" }]);
    const treeSha256 = host.sha256(Buffer.from(`${host.sha256(Buffer.from("x"))}  ./ok\n`));
    const artifacts = lying(
      first.artifacts,
      archive,
      (key, bytes) => first.server.seed(key, bytes),
      (text) => text.replace(/"treeSha256":"\w+"/, `"treeSha256":"${treeSha256}"`),
    );
    const { scheduler } = await staged({ scheduler: { artifacts: [artifacts] } });
    const run = await scheduler.schedule(shell(tree, { outputs: { out: "s3://test-bucket/results/out/" } }));
    expect((await run.result()).outputs.map(({ uri }) => uri)).toEqual(["s3://test-bucket/results/out/ok"]);
  });
});
