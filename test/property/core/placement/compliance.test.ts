import { describe, expect, it } from "vitest";
import { admitBackends } from "../../../../src/core/placement/admit-backends.js";
import { complianceDenial } from "../../../../src/core/placement/filters/compliance.js";
import { needOf } from "../../../../src/core/placement/need.js";
import { createPlacer } from "../../../../src/core/placement/place.js";
import type { Offer } from "../../../../src/model/offer.js";
import { SENSITIVITIES, type Workload } from "../../../../src/model/workload.js";
import { cheapest } from "../../../../src/policies/index.js";
import { fc } from "../../../support/property.js";
import { backendOf, capabilitiesOf, inputOf, workloadOf } from "../../../unit/core/placement/fixtures.js";
import { offersArbitrary, workloadArbitrary } from "./arbitraries.js";

const EU = "AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE".split(" ");
const EEA = [...EU, "IS", "LI", "NO"];
const ADEQUATE = "AD AR BR CA CH FO GB GG IL IM JE JP KR NZ UY".split(" ");

/** The table of `docs/compliance.md`, written down a second time and differently: one sentence after another. */
function mayRun({ data, secrets, secretsTo }: Workload, { trust, place, maxSensitivity }: Offer): boolean {
  const { operator, certifications, agreements, tee } = trust;
  const country = place.proof === "contract" || place.proof === "audited" ? place.country : undefined;
  const known = operator !== "permissionless";
  const self = operator === "self";
  const inside = (codes: readonly string[]): boolean =>
    country !== undefined &&
    codes.some((code) => {
      if (code === "EU") return EU.includes(country);
      if (code === "EEA") return EEA.includes(country);
      if (code === "ADEQUATE") return ADEQUATE.includes(country) || (country === "US" && certifications.includes("dpf"));
      return code === country;
    });

  if (maxSensitivity !== undefined && SENSITIVITIES.indexOf(data.sensitivity) > SENSITIVITIES.indexOf(maxSensitivity)) return false;
  if (!data.certifications.every((name) => certifications.includes(name))) return false;
  if (!data.agreements.every((name) => agreements.includes(name))) return false;
  if (data.tee.length > 0 && !data.tee.some((name) => tee.includes(name))) return false;
  if (data.residency.length > 0 && !inside(data.residency)) return false;
  if (Object.keys(secrets).length > 0 && secretsTo === "trusted" && !known && data.tee.length === 0) return false;
  switch (data.sensitivity) {
    case "public":
      return true;
    case "internal":
      return known;
    case "confidential":
      return data.tee.length > 0 || self || operator === "single" || (operator === "audited" && agreements.length > 0);
    case "personal":
      return (
        known &&
        (self ||
          (agreements.includes("dpa") && (inside(["EEA", "ADEQUATE"]) || (data.transferBasis !== undefined && country !== undefined))))
      );
    case "phi":
      return known && (self || (agreements.includes("baa") && certifications.length > 0));
    case "pci":
      return (self || operator === "single") && certifications.includes("pci-dss");
  }
}

/** Nothing but compliance stands in the way: the machine is roomy and the offer fresh. */
const roomy = (offer: Offer): Offer => {
  const { capacity: _, ...rest } = offer;
  return {
    ...rest,
    backend: "cloud",
    resources: { cpu: 8, memoryMiB: 8192, diskMiB: 10_000, gpu: { label: "NVIDIA L4", count: 1 } },
    interruptible: false,
    hazardPerHour: 0.001,
    expiresAtMs: inputOf([]).nowMs + 1_000,
  };
};

const policy = cheapest();
const denialOf = (workload: Workload, offer: Offer) => complianceDenial(offer, needOf(workload).compliance);

describe("compliance", () => {
  it("agrees with the table for every offer and workload", () => {
    fc.assert(
      fc.property(workloadArbitrary, offersArbitrary(30, 10), (workload, offers) => {
        for (const offer of offers) expect(denialOf(workload, offer) === undefined).toBe(mayRun(workload, offer));
      }),
      { numRuns: 500 },
    );
  });

  it("never lets an offer win that lacks anything its class or the workload requires", () => {
    fc.assert(
      fc.property(workloadArbitrary, offersArbitrary(30, 10), (work, all) => {
        const workload = { ...work, expectedDurationMs: 60_000, timeoutMs: 120_000 };
        const offers = all.map(roomy);
        const capabilities = capabilitiesOf({
          trust: {
            operators: ["self", "single", "audited", "permissionless"],
            certifications: ["iso27001", "soc2", "pci-dss", "dpf"],
            agreements: ["dpa", "baa"],
            tee: ["tdx", "sev-snp"],
          },
          countries: ["DE", "FR", "US", "JP", "CN", "NO"],
        });
        const input = inputOf([], { workload, policy, backends: [backendOf("cloud", offers, { capabilities })] });
        const { chosen, hopeless } = createPlacer().place(input);
        const allowed = offers.filter((offer) => mayRun(workload, offer));
        if (chosen !== undefined) expect(mayRun(workload, chosen.offer)).toBe(true);
        // Not only safe but of use: what is allowed is found.
        expect(chosen === undefined).toBe(allowed.length === 0);
        if (chosen === undefined) expect(hopeless).toBe(true);
      }),
      { numRuns: 200 },
    );
  });

  it("takes nothing for granted: without facts an offer satisfies no requirement", () => {
    fc.assert(
      fc.property(workloadArbitrary, offersArbitrary(10, 5), (workload, offers) => {
        const { data } = workload;
        for (const offer of offers) {
          const bare: Offer = {
            ...offer,
            trust: { operator: "permissionless", certifications: [], agreements: [], tee: [] },
            place: { proof: "claimed", country: "DE" },
          };
          const demands =
            data.sensitivity !== "public" ||
            data.residency.length + data.certifications.length + data.agreements.length + data.tee.length > 0;
          if (demands) expect(denialOf(workload, bare)).toBeDefined();
          const { country: _, ...nowhere } = offer.place;
          if (data.residency.length > 0) {
            expect(denialOf(workload, { ...offer, place: { ...offer.place, proof: "claimed" } })).toBeDefined();
            expect(denialOf(workload, { ...offer, place: nowhere })).toBeDefined();
          }
        }
      }),
      { numRuns: 300 },
    );
  });

  it("never holds a further certification, agreement or tee against an offer", () => {
    fc.assert(
      fc.property(
        workloadArbitrary,
        offersArbitrary(10, 5),
        fc.constantFrom("iso27001", "soc2", "pci-dss", "dpf", "dpa", "baa", "tdx"),
        (workload, offers, extra) => {
          for (const offer of offers) {
            if (denialOf(workload, offer) !== undefined) continue;
            const { certifications, agreements, tee } = offer.trust;
            const richer = {
              ...offer.trust,
              certifications: [...certifications, extra],
              agreements: [...agreements, extra],
              tee: [...tee, extra],
            };
            expect(denialOf(workload, { ...offer, trust: richer })).toBeUndefined();
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  it("keeps no backend out whose capabilities cover an offer that would do, and asks none whose do not", () => {
    fc.assert(
      fc.property(workloadArbitrary, offersArbitrary(6, 1), (workload, offers) => {
        const limitless = offers.map(({ maxSensitivity: _, ...offer }) => offer);
        const proven = limitless.flatMap(({ place }) => (place.proof !== "claimed" && place.country !== undefined ? [place.country] : []));
        const union = (read: (offer: Offer) => readonly string[]): string[] => [...new Set(limitless.flatMap((offer) => [...read(offer)]))];
        const capabilities = capabilitiesOf({
          trust: {
            operators: [...new Set(limitless.map(({ trust }) => trust.operator))],
            certifications: union(({ trust }) => trust.certifications),
            agreements: union(({ trust }) => trust.agreements),
            tee: union(({ trust }) => trust.tee),
          },
          countries: proven,
        });
        const { admitted } = admitBackends(workload, [{ id: "it", kind: "it", capabilities }]);
        if (limitless.some((offer) => mayRun(workload, offer))) expect(admitted).toEqual(["it"]);
        // One offer only: then its capabilities say exactly what it is.
        const [single] = limitless;
        if (limitless.length === 1 && single !== undefined) expect(admitted.length === 1).toBe(mayRun(workload, single));
      }),
      { numRuns: 300 },
    );
  });

  it("gives equal needs equal keys and different needs different keys", () => {
    fc.assert(
      fc.property(
        fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
        fc.array(fc.string({ maxLength: 4 }), { maxLength: 3 }),
        (one, other) => {
          const keyOf = (residency: readonly string[], certifications: readonly string[]): string =>
            needOf(workloadOf({ data: { sensitivity: "public", residency, certifications, agreements: [], tee: [] } })).key;
          expect(keyOf(one, other) === keyOf(other, one)).toBe(JSON.stringify(one) === JSON.stringify(other));
          expect(keyOf(one, [])).toBe(keyOf([...one], []));
        },
      ),
      { numRuns: 300 },
    );
  });
});
