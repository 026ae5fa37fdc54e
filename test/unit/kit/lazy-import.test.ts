import { describe, expect, it } from "vitest";
import { importPeer } from "../../../src/kit/lazy-import.js";
import { rejection } from "./make-call.js";

describe("importPeer", () => {
  it("gives the module", async () => {
    expect((await importPeer("node:path", () => import("node:path"), { subject: "acme" })).sep).toBe("/");
  });

  it("says both ways out when the package is missing", async () => {
    const name = "@acme/not-installed";
    const error = await rejection(importPeer(name, () => import(name), { subject: "acme", option: "client" }));
    expect(error).toMatchObject({
      code: "DEPENDENCY_MISSING",
      message:
        "acme needs the package @acme/not-installed, which is not installed. Run `npm install @acme/not-installed`, or pass your own client as `client`.",
      details: { package: name },
    });
  });

  it("tells a package that fails to load from one that is missing", async () => {
    const inner = Object.assign(new Error("Cannot find package 'left-pad' imported from /x/acme/index.js"), {
      code: "ERR_MODULE_NOT_FOUND",
    });
    const error = await rejection(importPeer("acme-sdk", () => Promise.reject(inner), { subject: "acme" }));
    expect(error).toMatchObject({
      code: "DEPENDENCY_MISSING",
      message: expect.stringContaining("installed but could not be loaded"),
      cause: inner,
    });
  });
});
