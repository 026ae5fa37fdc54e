import { expect, test } from "vitest";
import { ConsoleService } from "../../../src/testing/akash/console/console-service.js";
import { UACT } from "../../../src/testing/akash/sdl/units.js";
import { World } from "../../../src/testing/akash/world.js";
import { createVirtualHost } from "../../../src/testing/virtual-host.js";
import { fc } from "../../support/property.js";

const HOUR_MS = 3_600_000;
const CREDITS_USD = 300;

const sdl = (gpus: number, nonce: number): string =>
  JSON.stringify({
    version: "2.0",
    services: { job: { image: "i", args: ["sleep", "1e12"], env: [`N=${nonce}`], expose: [{ port: 1, to: [{ global: true }] }] } },
    profiles: {
      compute: {
        job: {
          resources: {
            cpu: { units: 1 },
            memory: { size: "1Gi" },
            storage: { size: "1Gi" },
            ...(gpus === 0 ? {} : { gpu: { units: gpus, attributes: { vendor: { nvidia: null } } } }),
          },
        },
      },
      placement: { dc: { pricing: { job: { denom: "uact", amount: 1_000_000 } } } },
    },
    deployment: { job: { dc: { profile: "job", count: 1 } } },
  });

const act = fc.oneof(
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("create" as const), gpus: fc.constantFrom(0, 1, 4, 8) }) },
  { weight: 5, arbitrary: fc.record({ kind: fc.constant("lease" as const), which: fc.nat(9), bid: fc.nat(4) }) },
  { weight: 3, arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.integer({ min: 0, max: 30 * HOUR_MS }) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant("close" as const), which: fc.nat(9) }) },
  {
    weight: 1,
    arbitrary: fc.record({ kind: fc.constant("deposit" as const), which: fc.nat(9), usd: fc.double({ min: 0.01, max: 20, noNaN: true }) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant("provider-closes" as const), which: fc.nat(9) }) },
);

test("in every history no money is made or lost, no closed deployment costs more, and what is refunded is free again", async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(act, { minLength: 8, maxLength: 24, size: "max" }), fc.string(), async (acts, seed) => {
      const host = createVirtualHost({ seed });
      const world = new World({ host, creditsUsd: CREDITS_USD });
      const service = new ConsoleService(world);
      const wait = (ms: number): Promise<void> => world.wait({ headers: {} }, ms);
      // Refusals are as good as successes here: what matters is what becomes of the money.
      const carryOut = (work: () => Promise<unknown>) =>
        host.waitFor(
          work().catch(() => undefined),
          { limitMs: HOUR_MS },
        );
      const closedAt = new Map<string, bigint>();
      const check = (): void => {
        const { height } = world.clock;
        let sum = world.creditsUact;
        for (const { dseq, state, escrow, leases } of world.deployments) {
          const used = escrow.usedUact(height);
          // What the leases must have cost, from their prices and blocks alone.
          const bill = leases.reduce((all, { bid, height: from, closedOn }) => all + bid.price * BigInt((closedOn || height) - from), 0n);
          const owed = (bill + UACT - 1n) / UACT;
          expect(used).toBe(owed < escrow.depositedUact ? owed : escrow.depositedUact);
          sum += escrow.depositedUact - escrow.refunded;
          expect(escrow.refunded + used).toBeLessThanOrEqual(escrow.depositedUact);
          if (state !== "closed") continue;
          expect(used + escrow.refunded).toBe(escrow.depositedUact);
          expect(used).toBe(closedAt.get(dseq) ?? used);
          closedAt.set(dseq, used);
        }
        expect(sum).toBe(BigInt(CREDITS_USD) * 1_000_000n);
        expect(world.creditsUact).toBeGreaterThanOrEqual(0n);
      };
      for (const [nonce, one] of acts.entries()) {
        const deployment = "which" in one ? world.deployments[one.which % Math.max(1, world.deployments.length)] : undefined;
        const { dseq = "" } = deployment ?? {};
        if (one.kind === "create") await carryOut(() => service.create({ data: { sdl: sdl(one.gpus, nonce) } }, wait));
        else if (one.kind === "pass") await host.advance(one.ms);
        else if (one.kind === "close") await carryOut(() => service.close(dseq, false, wait));
        else if (one.kind === "deposit") await carryOut(() => service.deposit({ data: { dseq, deposit: one.usd } }, wait));
        else if (one.kind === "provider-closes") {
          for (const lease of deployment?.leases ?? []) deployment?.closeLease(lease, "lease_closed_reason_unstable");
        } else {
          await host.advance(30_000);
          const bid = deployment?.bids[one.bid % Math.max(1, deployment.bids.length)];
          const leases = bid === undefined ? [] : [{ dseq, gseq: 1, oseq: 1, provider: bid.provider.address }];
          await carryOut(() => service.lease({ manifest: deployment?.request.sdl.manifest, leases }, wait));
        }
        check();
      }
      for (const { dseq } of world.deployments) await carryOut(() => service.close(dseq, false, wait));
      check();
      await host.advance(100 * HOUR_MS);
      check();
      expect(world.deployments.every(({ state }) => state === "closed")).toBe(true);
      await world.close();
      expect(host.pendingTimers()).toEqual([]);
    }),
    { numRuns: 50 },
  );
});
