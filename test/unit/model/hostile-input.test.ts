import { describe, expect, it } from "vitest";
import { parseWorkload } from "../../../src/model/workload-input.js";
import { refusal } from "./refusal.js";

const cycle = (): unknown => {
  const loop: Record<string, unknown> = { command: ["x"] };
  loop["env"] = { loop };
  return loop;
};

const deep = (levels: number): unknown => {
  let value: unknown = 1;
  for (let level = 0; level < levels; level++) value = { value };
  return value;
};

const throwing = (name: string): object => Object.defineProperty({}, name, { enumerable: true, get: () => expect.fail("from a getter") });

const revoked = (): object => {
  const { proxy, revoke } = Proxy.revocable({}, {});
  revoke();
  return proxy;
};

describe("input that fights back", () => {
  it.each<[string, () => unknown, string]>([
    ["nothing", () => undefined, "workload"],
    ["a string", () => "command", "workload"],
    ["a list", () => [], "workload"],
    ["a function", () => () => 1, "workload"],
    ["a symbol", () => Symbol("x"), "workload"],
    ["a bigint", () => 1n, "workload"],
    ["a Map", () => new Map(), "workload"],
    ["a Date", () => new Date(0), "workload"],
    ["a promise", () => Promise.resolve({ command: ["x"] }), "workload"],
    ["a cycle", cycle, "env.loop"],
    ["a getter that throws", () => ({ command: ["x"], ...{}, env: throwing("A") }), "env.A"],
    ["a getter that throws at the top", () => throwing("command"), "command"],
    ["a revoked proxy", () => ({ command: ["x"], env: revoked() }), "env"],
    ["a revoked proxy at the top", revoked, "workload"],
    [
      "a proxy that throws when listed",
      () =>
        new Proxy(
          {},
          {
            ownKeys: () => {
              throw new TypeError("no keys for you");
            },
          },
        ),
      "workload",
    ],
    [
      "a toStringTag that throws",
      () => ({
        command: ["x"],
        env: {
          [Symbol.toStringTag]: "x",
          get A() {
            throw new Error("trap");
          },
        },
      }),
      "env",
    ],
    ["a prototype key", () => JSON.parse('{"command":["x"],"env":{"__proto__":"x"}}') as unknown, "env.__proto__"],
    ["a prototype key at the top", () => JSON.parse('{"command":["x"],"__proto__":{"image":"evil"}}') as unknown, "__proto__"],
    ["a constructor key", () => ({ command: ["x"], constructor: 1 }), "constructor"],
    ["hasOwnProperty as key", () => ({ command: ["x"], hasOwnProperty: 1 }), "hasOwnProperty"],
    ["a huge string", () => ({ command: ["x", "y".repeat(2_000_000)] }), "command[1]"],
    ["a huge unit", () => ({ command: ["x"], timeout: "1".repeat(1_000_000) }), "timeout"],
    ["a huge size", () => ({ command: ["x"], resources: { memory: `${"9".repeat(1_000_000)}GiB` } }), "resources.memory"],
    ["a huge key", () => ({ command: ["x"], ["k".repeat(1_000_000)]: 1 }), `["${"k".repeat(60)}..."]`],
    ["a long sparse list", () => ({ command: new Array(4_000_000_000) }), "command"],
    ["a deep nest", () => ({ command: ["x"], backendOptions: { local: deep(100_000) } }), "backendOptions.local"],
    [
      "very many values",
      () => ({ command: ["x"], labels: Object.fromEntries(Array.from({ length: 400_000 }, (_, index) => [`k${index}`, 1])) }),
      "labels",
    ],
    [
      "very many values in lists",
      () => ({ command: ["x"], backendOptions: { local: Array.from({ length: 5 }, () => new Array(100_000).fill(1)) } }),
      "backendOptions.local",
    ],
    ["NaN", () => ({ command: ["x"], priority: Number.NaN }), "priority"],
    ["a Date that lies", () => ({ command: ["x"], deadline: Object.assign(new Date(0), { getTime: () => "soon" }) }), "deadline"],
    [
      "a Date that throws",
      () => ({
        command: ["x"],
        deadline: Object.assign(new Date(0), {
          getTime: () => {
            throw new Error("trap");
          },
        }),
      }),
      "deadline",
    ],
    ["a boxed string", () => ({ command: [new String("x")] }), "command[0]"],
    ["a catastrophic path", () => ({ command: ["x"], outputs: { [`${"./".repeat(400)}..`]: "x" } }), "outputs"],
  ])("is refused with a code: %s", (_, make, field) => {
    const error = refusal(() => parseWorkload(make()));
    expect(error.code).toBe("INVALID_WORKLOAD");
    expect(error.details.field).toContain(field);
    expect(error.message.length).toBeLessThan(500);
    expect(JSON.stringify(error).length).toBeLessThan(50_000);
  });

  it("cannot change prototypes", () => {
    refusal(() => parseWorkload(JSON.parse('{"command":["x"],"labels":{"__proto__":{"polluted":"yes"}}}')));
    expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
    const parsed = parseWorkload({ command: ["x"], env: { constructor: "a", toString: "b" } });
    expect(parsed.kind === "single" && parsed.workload.env).toEqual({ constructor: "a", toString: "b" });
  });

  it("is looked at once", () => {
    let looks = 0;
    const input = {
      command: ["x"],
      get name() {
        looks += 1;
        return looks === 1 ? "fine" : 5;
      },
    };
    const parsed = parseWorkload(input);
    expect(parsed.kind === "single" && parsed.workload.name).toBe("fine");
    expect(looks).toBe(1);
  });
});
