import { describe, expect, test } from "vitest";
import type { Market } from "../../../../src/backends/akash/market.js";
import { nameOf } from "../../../../src/backends/akash/names.js";
import { createRecogniser } from "../../../../src/backends/akash/recognise.js";
import { refTo, traceTo } from "../../../../src/backends/akash/reference.js";
import { type Deployment, deploymentAnswer } from "../../../../src/backends/akash/wire.js";
import { TEST_NAMESPACE, testCallContext } from "../../../../src/testing/call-context.js";
import { createVirtualHost } from "../../../../src/testing/virtual-host.js";

const BEGAN_MS = 1_764_032_400_000;
const host = createVirtualHost();
const call = () => testCallContext({ host });

interface Listed {
  readonly dseq: string;
  readonly hash?: string;
  readonly name?: string;
  /** Names of services that the provider tells of its lease; none: it does not answer. Absent: there is no lease. */
  readonly services?: readonly string[];
}

const shape = ({ dseq, hash = "other", name, services }: Listed, live: boolean): Deployment =>
  deploymentAnswer.parse({
    data: {
      deployment: { id: { owner: "akash1owner", dseq }, state: "active", hash },
      leases:
        services === undefined
          ? []
          : [
              {
                id: { dseq, gseq: 1, oseq: 1, provider: "akash1provider" },
                state: "active",
                status:
                  live && services.length > 0
                    ? { services: Object.fromEntries(services.map((service) => [service, { available: 1, total: 1 }])) }
                    : null,
              },
            ],
      ...(name === undefined ? {} : { name }),
    },
  }).data;

/** A market that holds these deployments and can do nothing else. */
function marketOf(listed: readonly Listed[]) {
  const asked: string[] = [];
  const never = (): never => {
    throw new Error("Nothing else may be asked.");
  };
  const market: Market = {
    providers: never,
    provider: never,
    gpuPrices: never,
    balanceUsd: never,
    create: never,
    bids: never,
    lease: never,
    close: never,
    limitHours: never,
    token: never,
    deployments: async () => listed.map((one) => shape(one, false)),
    deployment: async (_call, dseq) => {
      asked.push(dseq);
      const found = listed.find((one) => one.dseq === dseq);
      return found && shape(found, true);
    },
  };
  return { market, asked };
}

const KEY = `${TEST_NAMESPACE.id}-one`;
const NAME = nameOf(KEY, TEST_NAMESPACE);
const dseq = (afterMs: number): string => String(BEGAN_MS + afterMs);
const trace = traceTo("akash", KEY, { hash: "ours", after: dseq(0) });
const intent = { key: KEY, intendedAtMs: BEGAN_MS };

async function findingOf(
  listed: readonly Listed[],
  partial = false,
  options: { readonly exclusive?: boolean; readonly doubt?: boolean } = {},
) {
  const { market, asked } = marketOf(listed);
  const recogniser = createRecogniser("akash", market, { exclusiveAccount: options.exclusive ?? false });
  if (options.doubt ?? false) recogniser.doubtHashes();
  const [finding] = await recogniser.find([partial ? { ...intent, partial: trace } : intent], call());
  return { finding, asked };
}

const partialOf = (number: string) => ({ kind: "partial", key: KEY, ref: refTo("akash", KEY, number) });

describe("an attempt is found", () => {
  test("by the name of its deployment, without asking anybody else", async () => {
    const { finding, asked } = await findingOf([{ dseq: dseq(5), name: NAME, services: [] }]);
    expect(finding).toEqual({ kind: "bound", key: KEY, lease: { ref: refTo("akash", KEY, dseq(5)) } });
    expect(asked).toEqual([]);
  });

  test("by the name of its service, where deployments have none", async () => {
    const { finding } = await findingOf([
      { dseq: dseq(4), services: ["web"] },
      { dseq: dseq(5), services: [NAME] },
    ]);
    expect(finding).toMatchObject({ kind: "bound", lease: { ref: { data: { dseq: dseq(5) } } } });
  });

  test("by its hash, before there is any lease", async () => {
    expect((await findingOf([{ dseq: dseq(5), hash: "ours" }], true)).finding).toEqual(partialOf(dseq(5)));
  });
});

describe("an attempt is not found", () => {
  test("when everything that is open is known to be another's", async () => {
    const others = [
      { dseq: dseq(4), name: "my web page" },
      { dseq: dseq(5), services: ["web"] },
    ];
    expect((await findingOf(others)).finding).toEqual({ kind: "absent", key: KEY });
    expect((await findingOf(others, true)).finding).toEqual({ kind: "partial", key: KEY, ref: trace });
  });

  test("when what nobody knows is older than the attempt", async () => {
    expect((await findingOf([{ dseq: dseq(-3_600_000) }])).finding).toEqual({ kind: "absent", key: KEY });
  });

  test("when what nobody knows has another hash", async () => {
    expect((await findingOf([{ dseq: dseq(5) }], true)).finding).toEqual({ kind: "partial", key: KEY, ref: trace });
  });
});

describe("it is not guessed", () => {
  test("when something new could be it, and no trace was stored", async () => {
    expect((await findingOf([{ dseq: dseq(5) }])).finding).toEqual({ kind: "unknown", key: KEY });
    expect((await findingOf([{ dseq: dseq(5), services: [] }])).finding).toEqual({ kind: "unknown", key: KEY });
  });

  test("when hashes prove nothing, unless nobody else uses the account and there is but one", async () => {
    const one = [{ dseq: dseq(-5) }, { dseq: dseq(5) }];
    expect((await findingOf(one, true, { doubt: true })).finding).toEqual({ kind: "unknown", key: KEY });
    expect((await findingOf(one, true, { doubt: true, exclusive: true })).finding).toEqual(partialOf(dseq(5)));
    const two = [...one, { dseq: dseq(6) }];
    expect((await findingOf(two, true, { doubt: true, exclusive: true })).finding).toEqual({ kind: "unknown", key: KEY });
  });
});

test("the list shows those of the namespace alone, and a name is asked for once", async () => {
  const { market, asked } = marketOf([
    { dseq: dseq(1), services: [NAME] },
    { dseq: dseq(2), services: [nameOf("stranger-one", { id: "stranger" })] },
    { dseq: dseq(3), services: ["web"] },
    { dseq: dseq(4) },
  ]);
  const recogniser = createRecogniser("akash", market, { exclusiveAccount: false });
  for (let count = 0; count < 2; count += 1) expect(await recogniser.ours(call())).toEqual([refTo("akash", KEY, dseq(1))]);
  expect(asked).toEqual([dseq(1), dseq(2), dseq(3)]);
});
