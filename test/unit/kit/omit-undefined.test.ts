import { describe, expect, expectTypeOf, it } from "vitest";
import { omitUndefined } from "../../../src/kit/omit-undefined.js";

describe("omitUndefined", () => {
  it("drops undefined and nothing else", () => {
    const result = omitUndefined({ a: 0, b: undefined as string | undefined, c: null, d: "", e: false, f: undefined });
    expect(Object.keys(result)).toEqual(["a", "c", "d", "e"]);
  });

  it("makes optional what may be undefined, so that it fits exact optional fields", () => {
    const exit: number | undefined = [1][Math.floor(0)];
    const report: { readonly phase: "exited"; readonly exitCode?: number } = omitUndefined({ phase: "exited", exitCode: exit });
    expect(report).toEqual({ phase: "exited", exitCode: 1 });
    expectTypeOf(omitUndefined({ a: exit }).a).toEqualTypeOf<number | undefined>();
    // @ts-expect-error a value that may be missing must not pass as present
    const wrong: { readonly a: number } = omitUndefined({ a: exit });
    expect(wrong).toEqual({ a: 1 });
  });
});
