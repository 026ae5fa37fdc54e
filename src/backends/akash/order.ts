import { createRedactor } from "../../kit/redact.js";
import { SchedulerError } from "../../model/errors/scheduler-error.js";
import { Secret } from "../../model/secret.js";
import type { CallContext } from "../../spec/call-context.js";
import type { Placement } from "../../spec/launch.js";
import { limitHoursFor } from "./capabilities.js";
import { manifestOf, versionOf } from "./manifest.js";
import type { Market } from "./market.js";
import { choiceOf } from "./offer.js";
import type { ResolvedOptions } from "./options.js";
import { perBlockOf } from "./prices.js";
import { sdlText, toSdl } from "./sdl.js";

/** An order that is ready to be made. */
export interface Order {
  readonly sdl: Secret;
  readonly manifest: Secret;
  /** Version of the manifest, as it will stand on chain. */
  readonly hash: string;
  readonly limitHours?: number;
}

/** The chain takes no higher price per block. */
const MOST_AMOUNT = 10_000_000;

/** What {@link prepareOrder} is told beside the placement. */
export interface OrderTerms {
  readonly backend: string;
  readonly name: string;
  readonly options: ResolvedOptions;
  /** Of the workload's own options. */
  readonly attributes: Readonly<Record<string, string>>;
}

/**
 * Writes the order for a placement. Open to every provider of the class that was chosen: where an auditor vouches for the offer's provider, the chain lets
 * only such bid, and where it vouches for the country, only in that country.
 *
 * @throws OFFER_EXPIRED, NO_BIDS, UNSUPPORTED_WORKLOAD with effect `none`.
 */
export function prepareOrder(placement: Placement, { backend, name, options, attributes }: OrderTerms, call: CallContext): Order {
  const { launch, offer, priceCapUsdPerHour } = placement;
  const image = runnableImage(launch.image, backend, options);
  const choice = choiceOf(offer.data);
  if (choice === undefined) {
    throw new SchedulerError("OFFER_EXPIRED", `${backend}: the offer "${offer.id}" is of another version.`, {
      effect: "none",
      details: { backend },
    });
  }
  const [denom = "uact"] = Object.keys(options.denominations);
  const cap = perBlockOf(priceCapUsdPerHour, denom, options);
  const amount = Number(cap) > MOST_AMOUNT ? String(MOST_AMOUNT) : cap;
  if (amount === "0") {
    throw new SchedulerError("NO_BIDS", `${backend}: the placement's cap is less than the smallest price of the market.`, {
      effect: "none",
      details: { backend },
    });
  }
  const isAudited = offer.trust.operator === "audited";
  const { country, proof } = offer.place;
  const sdl = toSdl({
    backend,
    name,
    image,
    launch,
    gpu: choice.gpu,
    port: options.statusPort,
    attributes: { ...options.attributes, ...attributes, ...(isAudited && proof === "audited" && country !== undefined ? { country } : {}) },
    auditors: isAudited ? options.auditors : [],
    most: { denom, amount },
    dollars: options.dollars,
  });
  const manifest = manifestOf(sdl);
  const limitHours = limitHoursFor(launch.maxLifetimeMs, options);
  return {
    sdl: new Secret(sdlText(backend, sdl)),
    manifest: new Secret(manifest),
    hash: versionOf(manifest, call.host),
    ...(limitHours === undefined ? {} : { limitHours }),
  };
}

/**
 * Refuses when the account cannot pay for what is ordered. A lease whose escrow cannot be filled up is closed in the middle of the work.
 *
 * @throws INSUFFICIENT_FUNDS with effect `none`.
 */
export async function requireFunds(
  market: Market,
  { offer, launch }: Placement,
  { backend, options }: Pick<OrderTerms, "backend" | "options">,
  call: CallContext,
): Promise<void> {
  const { check, depositUsd, runwayHours } = options.funding;
  if (check === "off") return;
  const hours = Math.min(runwayHours, launch.maxLifetimeMs / 3_600_000);
  const needed = check === "deposit" ? depositUsd : Math.max(depositUsd, offer.price.usdPerHour * hours);
  const free = await market.balanceUsd(call);
  if (free >= needed) return;
  throw new SchedulerError(
    "INSUFFICIENT_FUNDS",
    `${backend}: ${needed.toFixed(2)} USD have to be free for this lease's escrow, and the account has ${free.toFixed(2)}. Add credits in the Console, or wait until other leases give theirs back.`,
    { effect: "none", details: { backend } },
  );
}

/** An error of a request that carried the order, without what the order keeps secret: a service may quote what it does not like. */
export function withoutSecrets(error: unknown, { launch }: Placement): unknown {
  if (!SchedulerError.isInstance(error)) return error;
  const redactor = createRedactor();
  for (const secret of Object.values(launch.secrets)) redactor.add(secret.reveal());
  if (launch.registry !== undefined) redactor.add(launch.registry.password.reveal());
  const message = redactor.clean(error.message);
  if (message === error.message) return error;
  return new SchedulerError(error.code, message, { retry: error.retry, effect: error.effect, details: error.details });
}

function runnableImage(image: string | undefined, backend: string, { images }: ResolvedOptions): string {
  const refuse = (why: string): never => {
    throw new SchedulerError("UNSUPPORTED_WORKLOAD", `${backend}: ${why}.`, {
      retry: "elsewhere",
      effect: "none",
      details: { field: "image", backend },
    });
  };
  if (image === undefined) return refuse("Akash runs images only, and the workload names none");
  if (images === "any" || /@sha256:[0-9a-f]{64}$/.test(image)) return image;
  if (images === "digest") return refuse("the option `images` asks for a digest, and the image has none");
  const tag = /:([^/:@]+)$/.exec(image)?.[1];
  if (tag !== undefined && tag !== "latest") return image;
  return refuse('providers may run a stale copy of an image without a fixed tag; name a tag or a digest, or set `images` to "any"');
}
