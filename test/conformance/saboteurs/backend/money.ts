import type { Charge } from "../../../../src/model/lease.js";
import type { NanoUsd } from "../../../../src/model/money.js";
import type { ReferenceUnderTest } from "../../reference/setup.js";
import { type BackendSaboteur, onError, parts, type Spoil, saboteur, saboteurOf } from "./saboteur.js";

/** Changes what reports say of charges. */
const withCharge =
  (change: (charge: Charge, key: string, world: ReferenceUnderTest) => Charge): Spoil =>
  (backend, world) => ({
    ...backend,
    inspect: async (refs, call) =>
      (await backend.inspect(refs, call)).map((report) =>
        report.kind !== "unknown" && report.charge ? { ...report, charge: change(report.charge, report.key, world) } : report,
      ),
  });

/** Changes what the other side charges, and what is reported of it. */
function charging(
  clause: string,
  wrong: string,
  change: (amount: NanoUsd, key: string, world: ReferenceUnderTest) => NanoUsd,
): BackendSaboteur {
  const spoil = withCharge((charge, key, world) => ({ ...charge, amount: change(charge.amount, key, world) }));
  return saboteurOf(clause, wrong, (world) => ({
    ...world,
    backend: spoil(parts(world.backend), world),
    another: async () => spoil(parts(await world.another()), world),
    ledger: () => new Map([...world.service.ledger()].map(([key, amount]) => [key, change(amount, key, world)])),
  }));
}

/** How long ago a lease was closed, ms; 0 while it is open. */
const closedForMs = (key: string, { service, host }: ReferenceUnderTest): number => {
  const lease = service.leases.get(key);
  return lease ? Math.max(0, host.now() - service.endOf(lease)) : 0;
};

export const moneySaboteurs: readonly BackendSaboteur[] = [
  charging("backend/money/price-is-per-hour", "takes a price per minute for one per hour", (amount) => amount / 60n),
  charging("backend/money/never-above-the-worst-case", "adds half as much for its trouble", (amount) => (amount * 3n) / 2n),
  saboteur("backend/money/never-falls", "corrects charges downwards now and then", (backend, world) => {
    let asked = 0;
    return withCharge((charge) => (asked++ % 2 === 1 ? { ...charge, amount: charge.amount / 2n } : charge))(backend, world);
  }),
  saboteur(
    "backend/money/open-charges-are-not-final",
    "calls every charge final",
    withCharge((charge) => ({ ...charge, final: true })),
  ),
  saboteur(
    "backend/money/final-after-the-release",
    "calls no charge final",
    withCharge((charge) => ({ ...charge, final: false })),
  ),
  charging(
    "backend/money/stands-still-after-the-release",
    "charges storage after the release",
    (amount, key, world) => amount + BigInt(closedForMs(key, world)),
  ),
  saboteur(
    "backend/money/reports-are-the-bill",
    "reports the price without tax",
    withCharge(({ amount, final }) => ({ amount: (amount * 100n) / 119n, final })),
  ),
  saboteurOf("backend/money/refused-binds-are-free", "charges for refusing", (world) => {
    const refused = new Set<string>();
    const backend = parts(world.backend);
    return {
      ...world,
      backend: {
        ...backend,
        bind: (placement, call) =>
          onError(backend.bind(placement, call), (error) => {
            refused.add(placement.key);
            throw error;
          }),
      },
      ledger: () => new Map([...world.service.ledger(), ...[...refused].map((key) => [key, 1_000n] as const)]),
    };
  }),
];
