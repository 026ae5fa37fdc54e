import { describe, expect, test } from "vitest";
import { INLINE_JOB_BYTES, jobText, needsJobFile, RUNNER_SCRIPT, type RunnerUrls, wrapLaunch } from "../../../../src/data/runner/index.js";
import { Secret } from "../../../../src/model/secret.js";
import type { Launch } from "../../../../src/spec/launch.js";

const launch: Launch = {
  key: "testns-run1-a1",
  image: "ghcr.io/acme/embed:1.4",
  registry: { server: "ghcr.io", username: "acme", password: new Secret("registry") },
  argv: ["python", "embed.py", "--all"],
  env: { MODE: "fast" },
  secrets: { TOKEN: new Secret("hidden") },
  resources: { cpu: 1, memoryMiB: 64, diskMiB: 64 },
  inputs: [
    { path: "/in/a", url: "https://store/in/a?X-Sig=1", sha256: "AB".repeat(32), size: 12 },
    { path: "in/b c", url: "https://store/in/b" },
  ],
  outputs: [
    { path: "/out", optional: false },
    { path: "/log", optional: true },
  ],
  timeoutMs: 3_600_000,
  maxLifetimeMs: 4_500_001,
  nonce: "cd".repeat(32),
  labels: { "spillway-run": "run1" },
};
const urls: RunnerUrls = {
  manifestPut: "https://store/m?put",
  manifestGet: "https://store/m?get",
  outputs: { "/out": "https://store/0", "/log": "https://store/1" },
};

const withInput = (path: string, url = "https://store/x"): Launch => ({ ...launch, inputs: [{ path, url }] });
const codeOf = (work: () => unknown): unknown => {
  try {
    work();
  } catch (error) {
    return error;
  }
  return "no error";
};

describe("a wrapped launch", () => {
  test("starts the runner with the command behind it, and holds no more than that", () => {
    const wrapped = wrapLaunch(launch, urls);
    expect(wrapped.argv).toEqual(["sh", "-c", RUNNER_SCRIPT, "spillway-runner", "python", "embed.py", "--all"]);
    expect(wrapped.env).toEqual({ MODE: "fast", SPILLWAY_ATTEMPT: launch.key });
    expect(Object.keys(wrapped.secrets)).toEqual(["TOKEN", "SPILLWAY_JOB"]);
    expect(wrapped).toMatchObject({ inputs: [], outputs: [] });
    expect(wrapped).not.toHaveProperty("checkpoint");
    const { argv, env, secrets, inputs, outputs, ...rest } = launch;
    expect(wrapped).toMatchObject(rest);
  });

  test("shows no URL when it is printed or serialised", () => {
    expect(JSON.stringify(wrapLaunch(launch, urls))).not.toContain("https://store");
  });

  test("leaves the launch as it was", () => {
    const before = JSON.stringify(launch);
    wrapLaunch(launch, urls);
    expect(JSON.stringify(launch)).toBe(before);
  });
});

describe("the job text", () => {
  test("has a line of five words for everything the runner needs", () => {
    expect(jobText(launch, urls).split("\n")).toEqual([
      "version 1 - - -",
      `attempt testns-run1-a1 ${launch.nonce} - -`,
      "times 3600 5 4501 hold",
      "manifest https://store/m?put https://store/m?get - -",
      `in ${"ab".repeat(32)} 12 https://store/in/a?X-Sig=1 /in/a`,
      "in - - https://store/in/b in/b c",
      "out required - https://store/0 /out",
      "out optional - https://store/1 /log",
      "end - - - -",
      "",
    ]);
  });

  test("tells each set of headers once, and which PUT it belongs to", () => {
    const target = (url: string, headers: Record<string, string>) => ({ url, headers });
    const outputs = {
      "/out": target("https://store/0", { "if-none-match": "*", "content-type": "application/octet-stream" }),
      "/log": target("https://store/1", { "content-type": "application/octet-stream" }),
    };
    const manifestPut = target("https://store/m", { "content-type": "application/octet-stream", "if-none-match": "*" });
    const slots = [0, 1].map((slot) => ({
      put: `https://store/c${slot}`,
      recordPut: target(`https://store/r${slot}`, outputs["/log"].headers),
    }));
    const text = jobText(
      { ...launch, inputs: [], checkpoint: { path: "/c", everyMs: 1_000, urls: [] } },
      { manifestPut, outputs, checkpoint: slots },
    );
    expect(text.split("\n").slice(0, -3)).toEqual([
      "version 1 - - -",
      "header 0 content-type application/octet-stream -",
      "header 0 if-none-match * -",
      "header 1 content-type application/octet-stream -",
      `attempt testns-run1-a1 ${launch.nonce} - -`,
      "times 3600 5 4501 hold",
      "manifest https://store/m - 0 -",
      "out required 0 https://store/0 /out",
      "out optional 1 https://store/1 /log",
      "checkpoint 1 - - /c",
      "slot https://store/c0 https://store/r0 - 1",
    ]);
  });

  test("names the key to which an output is encrypted", () => {
    const sealed: Launch = { ...launch, outputs: [{ path: "/out", optional: true, encryptTo: "age1key" }] };
    expect(jobText(sealed, urls)).toContain("\nout optional -,age1key https://store/0 /out\n");
    const outputs = { "/out": { url: "https://store/0", headers: { "if-none-match": "*" } } };
    expect(jobText(sealed, { ...urls, outputs })).toContain("\nout optional 0,age1key https://store/0 /out\n");
  });

  test("with checkpoints, status page, grace and exit", () => {
    const restore = { path: "/x", url: "https://store/r", sha256: "ef".repeat(32), size: 9 };
    const checkpointed: Launch = { ...launch, inputs: [], outputs: [], checkpoint: { path: "/ckpt", everyMs: 90_500, restore, urls: [] } };
    const slots = [0, 1].map((slot) => ({ put: `https://store/c${slot}`, recordPut: `https://store/r${slot}` }));
    const status = { port: 8080, token: new Secret("token") };
    const text = jobText(
      checkpointed,
      { manifestPut: "https://store/m", outputs: {}, checkpoint: slots, status },
      { hold: false, graceMs: 30_000 },
    );
    expect(text.split("\n")).toEqual([
      "version 1 - - -",
      `attempt testns-run1-a1 ${launch.nonce} - -`,
      "times 3600 30 4501 exit",
      "manifest https://store/m - - -",
      "status 8080 token - -",
      "checkpoint 91 - - /ckpt",
      "slot https://store/c0 https://store/r0 - -",
      "slot https://store/c1 https://store/r1 - -",
      `restore ${"ef".repeat(32)} 9 https://store/r -`,
      "end - - - -",
      "",
    ]);
  });

  test.each([
    ["an output without a URL", () => jobText(launch, { ...urls, outputs: { "/out": "https://store/0" } })],
    [
      "a URL that is only inherited",
      () => jobText({ ...launch, outputs: [{ path: "toString", optional: false }] }, { ...urls, outputs: {} }),
    ],
    ["a single checkpoint slot", () => jobText({ ...launch, checkpoint: { path: "/c", everyMs: 1, urls: [] } }, urls)],
  ])("%s is a bug of the caller", (_, work) => {
    expect(codeOf(work)).toMatchObject({ code: "INVARIANT_BROKEN" });
  });
});

describe("refused early", () => {
  test.each([
    "a\nb",
    "a\rb",
    "a\tb",
    "a\u0000b",
    "a\u007fb",
    "a\u0085b",
    "a\u2028b",
    "-rf",
    " a",
    "a ",
    'a"b',
    "a\\b",
    "../a",
    "a/../b",
    "a\ud800",
    "",
  ])("the path %j", (path) => {
    for (const work of [
      () => wrapLaunch(withInput(path), urls),
      () => wrapLaunch({ ...launch, outputs: [{ path, optional: false }] }, { ...urls, outputs: { [path]: "https://store/0" } }),
    ]) {
      expect(codeOf(work)).toMatchObject({ code: "UNSUPPORTED_WORKLOAD", details: { path } });
    }
    const slots = [0, 1].map(() => ({ put: "https://store/c", recordPut: "https://store/r" }));
    const checkpointed = { ...launch, checkpoint: { path, everyMs: 1, urls: [] } };
    expect(codeOf(() => wrapLaunch(checkpointed, { ...urls, checkpoint: slots }))).toMatchObject({
      code: "UNSUPPORTED_WORKLOAD",
      details: { path, field: "checkpoint.path" },
    });
  });

  test.each(["a b", "größe", "🙂", "a-b", "a$b", "a'b", "a*b", "a;b", "...", "a/./b", "/", "a/"])("not the path %j", (path) => {
    expect(codeOf(() => wrapLaunch(withInput(path), urls))).toBe("no error");
  });

  test.each(["file:///a", "ftp://x/a", "https://x/a b", "https://x/a\nb", "https://x/ä", "https://", "s3://a/b", ""])(
    "the URL %j, unshown",
    (url) => {
      const error = codeOf(() => wrapLaunch(withInput("/a", url), urls));
      expect(error).toMatchObject({ code: "UNSUPPORTED_WORKLOAD" });
      if (url !== "") expect(String(error)).not.toContain(url);
      expect(codeOf(() => wrapLaunch(launch, { ...urls, manifestPut: url }))).toMatchObject({ code: "UNSUPPORTED_WORKLOAD" });
    },
  );

  test.each(["SPILLWAY_JOB", "SPILLWAY_JOB_URL", "SPILLWAY_ATTEMPT", "SPILLWAY_ROOT", "SPILLWAY_TICK", "spw_dir"])(
    "the variable %s",
    (name) => {
      expect(codeOf(() => wrapLaunch({ ...launch, env: { [name]: "x" } }, urls))).toMatchObject({
        code: "UNSUPPORTED_WORKLOAD",
        details: { field: `env.${name}` },
      });
      expect(codeOf(() => wrapLaunch({ ...launch, secrets: { [name]: new Secret("x") } }, urls))).toMatchObject({
        code: "UNSUPPORTED_WORKLOAD",
      });
    },
  );

  test.each(["a.b", "a-b", "1a", "", "a b", "ä"])("a variable named %j", (name) => {
    expect(codeOf(() => wrapLaunch({ ...launch, env: { [name]: "x" } }, urls))).toMatchObject({ code: "UNSUPPORTED_WORKLOAD" });
  });

  test("what the kernel or a program cannot be given", () => {
    const long = "x".repeat(131_072);
    for (const [more, field] of [
      [{ argv: ["a", long] }, "command.5"],
      [{ argv: ["a\0b"] }, "command.4"],
      [{ argv: ["\udc00"] }, "command.4"],
      [{ env: { LONG: long } }, "env.LONG"],
      [{ secrets: { LONG: new Secret(long) } }, "env.LONG"],
      [{ argv: Array.from({ length: 20 }, () => "x".repeat(60_000)) }, "env"],
    ] as const) {
      expect(codeOf(() => wrapLaunch({ ...launch, ...more }, urls))).toMatchObject({ code: "UNSUPPORTED_WORKLOAD", details: { field } });
    }
  });

  test.each([
    ["scratch", false],
    ["scratch:latest", false],
    ["gcr.io/distroless/static", false],
    ["gcr.io/distroless/python3-debian12:nonroot", false],
    [`gcr.io/distroless/cc@sha256:${"0".repeat(64)}`, false],
    ["gcr.io/distroless/base:debug", true],
    ["gcr.io/distroless/base:debug-nonroot", true],
    ["acme/scratchpad", true],
    ["acme/not-distroless", true],
    ["alpine", true],
    [undefined, true],
  ] as const)("the image %s is taken: %s", (image, taken) => {
    const { image: _, ...rest } = launch;
    const one: Launch = image === undefined ? rest : { ...rest, image };
    if (taken) return expect(codeOf(() => wrapLaunch(one, urls))).toBe("no error");
    expect(codeOf(() => wrapLaunch(one, urls))).toMatchObject({ code: "UNSUPPORTED_WORKLOAD", details: { field: "image" } });
    // Whoever knows better says so.
    expect(codeOf(() => wrapLaunch(one, urls, { shell: true }))).toBe("no error");
  });

  test("an image said to have no shell", () => {
    expect(codeOf(() => wrapLaunch(launch, urls, { shell: false }))).toMatchObject({ code: "UNSUPPORTED_WORKLOAD" });
  });
});

describe("headers that a client could send as something else are refused", () => {
  test.each([
    ["a blank in the value", { "x-a": "b c" }],
    ["a line break in the value", { "x-a": "b\nheader = x:y" }],
    ["a quote in the value", { "x-a": 'b"' }],
    ["a backslash in the value", { "x-a": "b\\" }],
    ["an empty value", { "x-a": "" }],
    ["a letter outside ASCII", { "x-a": "ä" }],
    ["a colon in the name", { "x:a": "b" }],
    ["a line break in the name", { "x\n": "b" }],
  ])("%s", (_, headers) => {
    const manifestPut = { url: "https://store/m", headers: headers as Record<string, string> };
    const error = codeOf(() => jobText(launch, { ...urls, manifestPut }));
    expect(error).toMatchObject({ code: "UNSUPPORTED_WORKLOAD" });
    expect(String(error)).not.toContain("x:y");
  });
});

describe("many artifacts", () => {
  const inputs = Array.from({ length: 200 }, (_, index) => ({ path: `/in/${index}`, url: `https://store/${"x".repeat(400)}/${index}` }));
  const many: Launch = { ...launch, inputs };

  test("need a job file", () => {
    expect(needsJobFile(launch, urls)).toBe(false);
    expect(needsJobFile(many, urls)).toBe(true);
    expect(codeOf(() => wrapLaunch(many, urls))).toMatchObject({ code: "UNSUPPORTED_WORKLOAD", details: { field: "jobFile" } });
    expect(Buffer.byteLength(jobText(many, urls))).toBeGreaterThan(INLINE_JOB_BYTES);
  });

  test("and then only its address travels", () => {
    const wrapped = wrapLaunch(many, urls, { jobFile: { url: "https://store/job", sha256: "AB".repeat(32) } });
    expect(Object.fromEntries(Object.entries(wrapped.secrets).map(([name, secret]) => [name, secret.reveal()]))).toEqual({
      TOKEN: "hidden",
      SPILLWAY_JOB_URL: "https://store/job",
      SPILLWAY_JOB_SHA256: "ab".repeat(32),
    });
  });
});
