import { readdir, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";
import { meter } from "../../kit/metering.js";
import { readJsonFile, writeJsonFileOnce } from "../../kit/process/index.js";
import type { Charge } from "../../model/lease.js";
import type { Host } from "../../spec/host.js";
import { BILLING } from "./capabilities.js";
import type { Layout } from "./layout.js";
import type { LeaseRecord } from "./lease-record.js";

const entry = z.object({ version: z.literal(1), namespace: z.string(), amountNano: z.string().regex(/^\d+$/) });

/** How long a final charge can still be asked for. The runtime asks within seconds, after a crash within days at most. */
const KEPT_MS = 7 * 24 * 3_600_000;

const fileOf = (layout: Layout, key: string): string => join(layout.ledger, `${key}.json`);

/** What a lease has cost up to a point in time: open time times price, never beyond the end of its life. */
export function chargeSoFar(lease: LeaseRecord, nowMs: number): Charge {
  const metered = { price: { usdPerHour: lease.usdPerHour }, billing: BILLING, openedAtMs: lease.boundAtMs };
  return { amount: meter(metered, Math.min(nowMs, lease.lifetimeEndMs)).amount, final: false };
}

/** Writes the final charge of a lease down. The first one stands: a release that is repeated must not cost more. */
export async function closeAccount(layout: Layout, lease: LeaseRecord, host: Host): Promise<void> {
  const { amount } = chargeSoFar(lease, host.now());
  await writeJsonFileOnce(fileOf(layout, lease.key), { version: 1, namespace: lease.namespace, amountNano: String(amount) }, host);
}

/** The final charge of a lease that was released here. */
export async function finalCharge(layout: Layout, key: string): Promise<Charge | undefined> {
  const found = await readJsonFile(fileOf(layout, key), entry);
  return found === undefined ? undefined : { amount: BigInt(found.amountNano), final: true };
}

/** Forgets charges that nobody will ask for any more. */
export async function pruneLedger(layout: Layout, host: Host): Promise<void> {
  for (const name of await readdir(layout.ledger).catch(() => [])) {
    const file = join(layout.ledger, name);
    const facts = await stat(file).catch(() => undefined);
    if (facts !== undefined && host.now() - facts.mtimeMs > KEPT_MS) await rm(file, { force: true });
  }
}
