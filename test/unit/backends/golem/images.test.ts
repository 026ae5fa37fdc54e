import { describe, expect, test } from "vitest";
import { toSdkImage } from "../../../../src/backends/golem/images.js";
import { requireVolumes } from "../../../../src/backends/golem/volumes.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";

const HASH = "0f".repeat(28);

describe("images", () => {
  test.each([
    ["gvmi:acme/embed:1.4", { imageTag: "acme/embed:1.4" }],
    [`gvmi:sha3:${HASH.toUpperCase()}`, { imageHash: HASH }],
    [`gvmi:https://acme.example/a.gvmi#sha3:${HASH}`, { imageHash: HASH, imageUrl: "https://acme.example/a.gvmi" }],
  ])("%s is read as it is written", (image, expected) => {
    expect(toSdkImage(image, "golem", { images: {} })).toEqual(expected);
  });

  test("an OCI image is replaced by the one that it was converted to", () => {
    const images = { "ghcr.io/acme/embed:1.4": { hash: HASH, url: "https://acme.example/a.gvmi" }, "acme/b:1": "acme/b:2" };
    expect(toSdkImage("ghcr.io/acme/embed:1.4", "golem", { images })).toEqual({ imageHash: HASH, imageUrl: "https://acme.example/a.gvmi" });
    expect(toSdkImage("acme/b:1", "golem", { images })).toEqual({ imageTag: "acme/b:2" });
  });

  test("what the workload says of Golem alone comes first", () => {
    expect(toSdkImage("acme/b:1", "golem", { images: { "acme/b:1": "acme/b:2" } }, { image: { hash: HASH } })).toEqual({ imageHash: HASH });
  });

  test("an OCI image without a conversion is refused with the way to convert it, and may run elsewhere", () => {
    const error = thrownBy(() => toSdkImage("ghcr.io/acme/embed:1.4", "golem", { images: {} }));
    expect([error.code, error.effect, error.retry]).toEqual(["UNSUPPORTED_WORKLOAD", "none", "elsewhere"]);
    expect(error.message).toContain("gvmkit-build ghcr.io/acme/embed:1.4");
    expect(error.message).toContain('images: { "ghcr.io/acme/embed:1.4"');
  });

  test.each(["gvmi:", "gvmi:sha3:12", "gvmi:https://acme.example/a.gvmi", "gvmi:no tag"])("refuses %s", (image) => {
    expect(thrownBy(() => toSdkImage(image, "golem", { images: {} })).code).toBe("UNSUPPORTED_WORKLOAD");
  });

  test("names that every object has are no images", () => {
    expect(() => toSdkImage("constructor", "golem", { images: {} })).toThrow(/OCI image/);
  });
});

describe("volumes", () => {
  const input = (path: string) => ({ inputs: [{ path, url: "file:///x" }], outputs: [] });

  test.each(["/in/a", "/in", "/golem/work/deep/er"])("%s lies below one", (path) => {
    expect(() => requireVolumes(input(path), ["/in", "/golem/work/"], "golem")).not.toThrow();
  });

  test.each(["/input", "/golem/works", "/tmp/x"])("%s does not, and the message says which there are", (path) => {
    const error = thrownBy(() => requireVolumes(input(path), ["/in", "/golem/work"], "golem"));
    expect([error.code, error.details["path"]]).toEqual(["UNSUPPORTED_WORKLOAD", path]);
    expect(error.message).toContain("/in, /golem/work");
  });

  test("a volume on / holds everything", () => {
    expect(() => requireVolumes(input("/anywhere"), ["/"], "golem")).not.toThrow();
  });

  test("outputs are held to it as well", () => {
    const outputs = [{ path: "/etc/x", optional: true }];
    expect(thrownBy(() => requireVolumes({ inputs: [], outputs }, [], "golem")).details.field).toBe("outputs");
  });
});

function thrownBy(work: () => unknown): SchedulerError {
  try {
    work();
  } catch (error) {
    if (SchedulerError.isInstance(error)) return error;
  }
  throw new Error("Nothing was thrown.");
}
