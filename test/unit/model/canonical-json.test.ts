import { describe, expect, it } from "vitest";
import { canonicalJson } from "../../../src/model/canonical-json.js";
import { Secret } from "../../../src/model/secret.js";
import { refusal } from "./refusal.js";

describe("canonicalJson", () => {
  it("sorts keys at every level and drops what is undefined", () => {
    expect(canonicalJson({ b: { d: 1, c: undefined }, a: [undefined, { z: 1, y: 2 }] })).toBe('{"a":[null,{"y":2,"z":1}],"b":{"d":1}}');
  });

  it("writes exact integers as tagged text", () => {
    expect(canonicalJson({ cap: 2_500_000_000n })).toBe('{"cap":"2500000000n"}');
  });

  it.each<[unknown, string]>([
    ['a"b\n', '"a\\"b\\n"'],
    [-0, "0"],
    [Number.NaN, "null"],
    [null, "null"],
    [undefined, "null"],
    [() => 1, "null"],
    [new Date(0), '"1970-01-01T00:00:00.000Z"'],
    [{ f: () => 1, s: Symbol("x") }, "{}"],
  ])("writes %j as %s", (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });

  it("does not show secrets", () => {
    expect(canonicalJson({ password: new Secret("hunter2") })).toBe('{"password":"[secret]"}');
  });

  it("refuses cycles with a code", () => {
    const loop: Record<string, unknown> = {};
    loop["again"] = loop;
    expect(refusal(() => canonicalJson(loop)).code).toBe("INVARIANT_BROKEN");
  });
});
