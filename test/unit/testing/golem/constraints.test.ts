import { describe, expect, test } from "vitest";
import { ConstraintSyntaxError, parseConstraints } from "../../../../src/testing/golem/constraints.js";

const OFFER = {
  "golem.inf.mem.gib": 8,
  "golem.runtime.name": "vm",
  "golem.runtime.version": "0.5.2",
  "golem.runtime.capabilities": ["vpn", "!exp:gpu"],
  "golem.com.payment.protocol.version": "3",
};

describe("constraints of the market", () => {
  test.each([
    ["(golem.inf.mem.gib>=8)", true],
    ["(golem.inf.mem.gib>8)", false],
    ["(golem.inf.mem.gib<=8)", true],
    ["(golem.inf.mem.gib<8)", false],
    ["(golem.inf.mem.gib=8.0)", true],
    ["(golem.inf.mem.gib!=8)", false],
    ["(golem.runtime.name=vm)", true],
    ["(golem.runtime.name=vm-nvidia)", false],
    ["(golem.runtime.version=0.5.2)", true],
    ["(golem.runtime.version>0.5.1)", true],
    ["(golem.runtime.capabilities=!exp:gpu)", true],
    ["(golem.runtime.capabilities=inet)", false],
    ["(golem.runtime.capabilities=*)", true],
    ["(golem.node.geo.country_code=*)", false],
    ["(golem.com.payment.protocol.version>1)", true],
    ["(&)", true],
    ["(|)", false],
    ["(&(golem.runtime.name=vm)\n\t(golem.inf.mem.gib>=0.5))", true],
    ["(&(golem.runtime.name=vm)(golem.inf.mem.gib>=64))", false],
    ["(|(golem.runtime.name=wasm) (golem.inf.mem.gib>=4))", true],
    ["(!(golem.runtime.name=wasm))", true],
    ["(&(|(a=1)(golem.runtime.name=vm))(!(b=2)))", true],
  ])("%s is %s", (text, fits) => {
    expect(parseConstraints(text)(OFFER)).toBe(fits);
  });

  test.each(["", "a=1", "(a=1", "(a=1))", "(&(a=1)", "(a)", "(&(a=1)b)"])('"%s" is refused', (text) => {
    expect(() => parseConstraints(text)).toThrow(ConstraintSyntaxError);
  });
});
