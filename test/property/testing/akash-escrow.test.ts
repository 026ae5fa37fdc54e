import { expect, test } from "vitest";
import { Escrow } from "../../../src/testing/akash/chain/escrow.js";
import { UACT } from "../../../src/testing/akash/sdl/units.js";
import { fc } from "../../support/property.js";

type Step =
  | { readonly kind: "deposit"; readonly uact: bigint }
  | { readonly kind: "rate"; readonly rate: bigint }
  | { readonly kind: "settle" }
  | { readonly kind: "pass"; readonly blocks: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant("deposit" as const), uact: fc.bigInt(1n, 10_000_000n) }),
  // Prices have 18 decimals.
  fc.record({ kind: fc.constant("rate" as const), rate: fc.bigInt(0n, 5_000n * UACT) }),
  fc.constant({ kind: "settle" as const }),
  fc.record({ kind: fc.constant("pass" as const), blocks: fc.integer({ min: 0, max: 2_000 }) }),
);

test("deposits are what was charged, what came back and what is still there; settling changes nothing of it; after the close it stands still", () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 40 }), fc.integer({ min: 0, max: 1_000_000 }), (steps, later) => {
      let height = 1_000;
      const escrow = new Escrow(height);
      let charged = 0n;
      const check = (): void => {
        const used = escrow.usedUact(height);
        expect(used).toBeGreaterThanOrEqual(charged);
        expect(used).toBeLessThanOrEqual(escrow.depositedUact);
        charged = used;
      };
      for (const one of steps) {
        if (one.kind === "pass") height += one.blocks;
        else if (one.kind === "deposit") escrow.deposit(one.uact, height);
        else if (one.kind === "rate") escrow.charge(one.rate, height);
        else {
          const before = escrow.usedUact(height);
          escrow.settle(height);
          expect(escrow.usedUact(height)).toBe(before);
          expect(escrow.transferred + escrow.funds).toBe(escrow.depositedUact * UACT);
        }
        check();
      }
      const last = escrow.usedUact(height);
      const refund = escrow.close(height);
      expect(escrow.depositedUact).toBe(last + refund);
      expect(escrow.usedUact(height)).toBe(last);
      expect(escrow.usedUact(height + later)).toBe(last);
      expect(escrow.close(height + later)).toBe(0n);
    }),
    { numRuns: 300 },
  );
});

test("it is empty in the block that was foretold, and not one before", () => {
  fc.assert(
    fc.property(fc.bigInt(1n, 10_000_000n), fc.bigInt(UACT / 1_000n, 5_000n * UACT), (uact, rate) => {
      const escrow = new Escrow(0);
      escrow.deposit(uact, 0);
      escrow.charge(rate, 0);
      const emptyAt = escrow.emptyAt ?? 0;
      expect(escrow.used(emptyAt)).toBe(uact * UACT);
      expect(escrow.used(emptyAt - 1)).toBeLessThan(uact * UACT);
    }),
    { numRuns: 300 },
  );
});
