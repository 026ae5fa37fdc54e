import { beforeEach, describe, expect, test, vi } from "vitest";
import { golem } from "../../../../src/backends/golem/index.js";
import { SchedulerError } from "../../../../src/model/errors/scheduler-error.js";

const base = { appKey: "k", network: "polygon", glmUsd: 0.25 };

function refusal(make: () => unknown): { readonly message: string; readonly field: unknown } {
  try {
    make();
  } catch (error) {
    if (SchedulerError.isInstance(error)) return { message: error.message, field: error.details.field };
  }
  throw new Error("It was not refused.");
}

beforeEach(() => {
  vi.unstubAllEnvs();
  for (const name of ["YAGNA_APPKEY", "YAGNA_API_URL", "YAGNA_SUBNET", "PAYMENT_NETWORK"]) vi.stubEnv(name, undefined);
});

describe("settings", () => {
  test("without an app key the message names option and variable", () => {
    expect(refusal(() => golem({ network: "polygon", glmUsd: 0.25 }))).toEqual({
      message: "golem needs an app key of the yagna daemon: pass `appKey` or set YAGNA_APPKEY.",
      field: "appKey",
    });
  });

  test("the payment network has no default: the SDK's own is retired", () => {
    const { message, field } = refusal(() => golem({ appKey: "k", glmUsd: 0.25 }));
    expect(field).toBe("network");
    expect(message).toContain("pass `network` or set PAYMENT_NETWORK");
  });

  test("the environment is enough but for the price of GLM", () => {
    vi.stubEnv("YAGNA_APPKEY", "from-env");
    vi.stubEnv("PAYMENT_NETWORK", "hoodi");
    expect(golem({ glmUsd: 0.25 }).kind).toBe("golem");
  });

  test.each([
    ["glmUsd", { glmUsd: 0 }],
    ["glmUsd", { glmUsd: {} as never }],
    ["nodes.ids[0]", { nodes: { ids: ["alice"] } }],
    ["volumes[0]", { volumes: ["work"] }],
    ["volumes[0]", { volumes: ["/a/../b"] }],
    ["machines", { machines: [machine("a"), machine("a")] }],
    ["images.x.hash", { images: { x: { hash: "short" } } }],
    ["offers", { offers: "guess" as never }],
    ["networks", { networks: "polygon" } as never],
  ])("refuses a wrong %s", (field, wrong) => {
    expect(refusal(() => golem({ ...base, ...wrong })).field).toBe(field);
  });

  test("the app key shows in no message", () => {
    const secret = "very-secret-key";
    expect(JSON.stringify(golem({ ...base, appKey: secret }))).not.toContain(secret);
  });
});

describe("capabilities", () => {
  test("nobody vouches for unnamed nodes, and they may be anywhere", () => {
    const { trust, countries, affinity, paid, staging } = golem(base).capabilities;
    expect({ trust, countries, affinity, paid, staging }).toEqual({
      trust: { operators: ["permissionless"], certifications: [], agreements: [], tee: [] },
      countries: "any",
      affinity: "process",
      paid: true,
      staging: "native",
    });
  });

  test("of named nodes the user's word counts", () => {
    const nodes = { ids: [`0x${"1".repeat(40)}`], operator: "self", country: "DE", certifications: ["SOC2"] } as const;
    const { trust, countries } = golem({ ...base, nodes }).capabilities;
    expect([trust.operators, trust.certifications, countries]).toEqual([["self"], ["soc2"], ["DE"]]);
  });
});

function machine(name: string) {
  return { name, glmPerHour: 0.1, cpu: 1, memory: "1GiB", disk: "1GiB" };
}
