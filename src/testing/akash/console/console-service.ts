import { SimulatedDeployment } from "../chain/deployment.js";
import type { Lease } from "../chain/lease.js";
import type { Bid } from "../chain/market.js";
import { AUDITOR } from "../identities.js";
import { readSdl, SdlError } from "../sdl/read-sdl.js";
import { uactToUsd, usdToUact } from "../sdl/units.js";
import { FUNDING, type World } from "../world.js";
import { checked, createBody, depositBody, leaseBody, settingsBody, tokenBody, updateBody } from "./bodies.js";
import { AkashFailure, badRequest, insufficientBalance, notFound, refusal } from "./failure.js";
import { type Viewer, viewBid, viewDetail, viewListItem } from "./views.js";

/** GPUs that trial accounts do not get. */
const TRIAL_GPUS = ["b300", "b200", "h200", "h100", "pro6000se", "pro6000we", "a100", "rtx5090", "rtx4090", "rtx3090"];
const MOST_SDL_BYTES = 512 * 1024;
const MOST_RUNTIME_HOURS = 8_760;
const MOST_RAISE_HOURS = 48;

/** What the Console does for an account. */
export class ConsoleService {
  readonly #world: World;
  readonly #activities = new Map<string, { status: "pending" | "succeeded" | "failed"; readonly dseq: string }>();

  constructor(world: World) {
    this.#world = world;
  }

  /** Picks the dseq by the clock; there is no key by which a repetition could be known. */
  async create(body: unknown): Promise<object> {
    const world = this.#world;
    const { data } = checked(createBody, body);
    const sdl = this.#readSdl(data.sdl);
    this.#admitTrial(data.sdl);
    if (!world.isFunding && data.deposit === undefined) throw badRequest("deposit is required");
    const depositUsd = world.isFunding ? FUNDING.defaultDepositUsd : (data.deposit ?? 0);
    if (depositUsd < FUNDING.defaultDepositUsd) throw badRequest("Deposit too low");
    this.#afford(depositUsd);
    const dseq = this.#newDseq();
    await world.wait(this.#transactionMs());
    this.#afford(depositUsd);
    world.creditsUact -= usdToUact(depositUsd);
    const deployment = new SimulatedDeployment(
      { dseq, sdlText: data.sdl, sdl, name: world.contract === "sep" ? data.name : undefined, depositUact: usdToUact(depositUsd) },
      world.deploymentWorld,
    );
    if (world.contract === "sep") deployment.setRuntimeLimit(data.runtimeLimitHours);
    world.deployments.push(deployment);
    return { data: { dseq, manifest: sdl.manifest, signTx: this.#signTx(dseq) } };
  }

  bids(dseq: string | undefined): object {
    const deployment = this.#world.deployment(dseq ?? "");
    const bids = (deployment?.bids ?? []).filter(({ provider }) => provider.audited);
    return { data: bids.map((bid) => viewBid(dseq ?? "", bid)) };
  }

  /** Makes leases, or only sends the manifest again where there are some already. */
  async lease(body: unknown): Promise<object> {
    const world = this.#world;
    const request = checked(leaseBody, body);
    if (world.contract === "aug" && request.manifest === undefined) checked(leaseBody.required({ manifest: true }), body);
    const dseqs = new Set(request.leases.map(({ dseq }) => dseq));
    const [dseq = ""] = dseqs;
    if (dseqs.size > 1) throw badRequest("All leases must belong to one deployment");
    const deployment = this.#find(dseq);
    if (deployment.leases.every(({ active }) => !active)) {
      const chosen = this.#choose(deployment, request.leases);
      this.#reach(dseq, chosen);
      await world.wait(this.#transactionMs());
      this.#choose(deployment, request.leases);
      deployment.accept(chosen);
    }
    for (const lease of deployment.leases.filter(({ active }) => active)) this.#send(deployment, lease, request.manifest);
    return this.detail(dseq);
  }

  detail(dseq: string): object {
    return { data: viewDetail(this.#find(dseq), this.#viewer) };
  }

  list(query: URLSearchParams): object {
    const { contract, options, deployments } = this.#world;
    const most = contract === "aug" ? 1_000 : 100;
    const skip = Number(query.get("skip") ?? 0);
    const limit = Number(query.get("limit") ?? most);
    if (!Number.isInteger(skip) || skip < 0 || !Number.isInteger(limit) || limit < 1 || limit > most) {
      throw new AkashFailure(400, "Validation error", { code: "validation_error", data: [{ path: ["limit"], message: "out of range" }] });
    }
    const state = contract === "aug" ? "active" : query.get("state");
    const search = contract === "aug" ? null : query.get("search");
    const all = deployments
      .filter((one) => state === null || one.state === state)
      .filter((one) => search === null || one.dseq.includes(search) || (one.request.name ?? "").includes(search));
    // The newest first.
    if (query.get("reverse") !== "true" || contract === "aug") all.reverse();
    const page = all.slice(skip, skip + limit);
    const shift = (options.mispairedList ?? true) ? 1 : 0;
    const items = page.map((one, index) => viewListItem(one, page[(index + shift) % page.length] ?? one, contract));
    const pagination = { total: all.length, skip, limit, hasMore: skip + limit < all.length };
    return { data: { deployments: items, pagination } };
  }

  /** Only what is not counted by the market can be changed. */
  async update(dseq: string, body: unknown): Promise<object> {
    const { data } = checked(updateBody, body);
    const deployment = this.#find(dseq);
    if (deployment.state === "closed") throw badRequest("Deployment closed");
    const sdl = this.#readSdl(data.sdl);
    if (sdl.manifest !== deployment.request.sdl.manifest) {
      if (JSON.stringify(sdl.groups.map(shapeOf)) !== JSON.stringify(deployment.request.sdl.groups.map(shapeOf))) {
        throw badRequest("Resources, count and prices cannot be changed");
      }
      await this.#world.wait(this.#transactionMs());
      deployment.update(data.sdl, sdl);
    }
    for (const lease of deployment.leases.filter(({ active }) => active)) this.#send(deployment, lease, undefined);
    return this.detail(dseq);
  }

  async deposit(body: unknown): Promise<object> {
    const { data } = checked(depositBody, body);
    const deployment = this.#find(data.dseq);
    if (deployment.state === "closed") throw badRequest("Deployment closed");
    this.#afford(data.deposit);
    await this.#world.wait(this.#transactionMs());
    this.#afford(data.deposit);
    this.#world.creditsUact -= usdToUact(data.deposit);
    deployment.deposit(usdToUact(data.deposit));
    return this.detail(data.dseq);
  }

  /** Again means nothing. With `async` it goes on behind the answer. */
  async close(dseq: string, isAsync: boolean): Promise<{ readonly status: number; readonly value: object }> {
    const world = this.#world;
    const deployment = this.#find(dseq);
    const ms = this.#transactionMs() + (world.troubles.find("slow-close")?.ms ?? 0);
    if (!isAsync || world.contract === "aug") {
      if (deployment.state === "active") await world.wait(ms);
      deployment.close();
      return { status: 200, value: { data: { success: true } } };
    }
    const activityId = world.host.newId();
    const activity: { status: "pending" | "succeeded"; dseq: string } = { status: "pending", dseq };
    this.#activities.set(activityId, activity);
    world.host.setTimer(deployment.state === "active" ? ms : 0, () => {
      deployment.close();
      activity.status = "succeeded";
    });
    return { status: 202, value: { data: { activityId } } };
  }

  activity(id: string): object {
    const found = this.#activities.get(id);
    if (found === undefined) throw notFound("Activity");
    return { data: { id, type: "deployment.close", status: found.status, dseq: found.dseq } };
  }

  token(body: unknown): object {
    const { ttl, leases } = checked(tokenBody, body).data;
    return { data: { token: this.#world.tokens.mint(ttl, leases) } };
  }

  settings(method: string, id: string | undefined, body: unknown): object {
    const { contract } = this.#world;
    const wish = method === "GET" ? undefined : checked(settingsBody, body).data;
    const deployment = this.#find(id ?? wish?.dseq ?? "");
    if (contract === "sep" && wish?.runtimeLimitHours !== undefined) this.#limit(deployment, wish.runtimeLimitHours);
    const endsAtMs = deployment.runtimeEndsAtMs;
    return {
      data: {
        dseq: deployment.dseq,
        ...(contract === "aug"
          ? { autoTopUpEnabled: wish?.autoTopUpEnabled ?? this.#world.isFunding }
          : {
              runtimeLimitHours: deployment.runtimeLimitHours ?? null,
              runtimeEndsAt: endsAtMs === undefined ? null : new Date(endsAtMs).toISOString(),
            }),
      },
    };
  }

  balances(): object {
    const { creditsUact, deployments, clock } = this.#world;
    const locked = deployments
      .filter(({ state }) => state === "active")
      .reduce((sum, { escrow }) => sum + escrow.depositedUact - escrow.usedUact(clock.height), 0n);
    return { data: { balance: uactToUsd(creditsUact), deployments: uactToUsd(locked), total: uactToUsd(creditsUact + locked) } };
  }

  get #viewer(): Viewer {
    return { contract: this.#world.contract, height: this.#world.clock.height, statusOf: (lease) => this.#world.statusOf(lease) };
  }

  #find(dseq: string): SimulatedDeployment {
    const found = this.#world.deployment(dseq);
    if (found === undefined) throw notFound("Deployment");
    return found;
  }

  #readSdl(text: string) {
    if (Buffer.byteLength(text) > MOST_SDL_BYTES) throw new AkashFailure(413, "SDL is too large");
    try {
      return readSdl(text, this.#world.options.parseYaml ?? parseJson, AUDITOR);
    } catch (error) {
      throw badRequest(`Invalid SDL: ${error instanceof SdlError ? error.message : "it cannot be parsed."}`);
    }
  }

  #admitTrial(sdl: string): void {
    if (this.#world.options.trial !== true) return;
    if (TRIAL_GPUS.some((model) => sdl.includes(`"${model}"`) || new RegExp(`\\bmodel:\\s*${model}\\b`).test(sdl))) throw refusal("trial");
    if (this.#world.deployments.some(({ open }) => open)) throw new AkashFailure(402, "Trial accounts can have one deployment at a time.");
  }

  #afford(usd: number): void {
    if (this.#world.creditsUact < usdToUact(usd)) throw insufficientBalance(usd, uactToUsd(this.#world.creditsUact));
  }

  #newDseq(): string {
    let ms = Math.floor(this.#world.host.now());
    while (this.#taken.has(ms)) ms += 1;
    this.#taken.add(ms);
    return String(ms);
  }

  readonly #taken = new Set<number>();

  #transactionMs(): number {
    return this.#world.draw(this.#world.options.transactionMs ?? [6_000, 12_000]);
  }

  #signTx(seed: string): object {
    return { code: 0, transactionHash: this.#world.host.sha256(`tx ${seed}`).toUpperCase(), rawLog: "" };
  }

  /** The bids that are to be taken. @throws what the chain or the Console says of one that cannot. */
  #choose(deployment: SimulatedDeployment, wanted: readonly { gseq: number; oseq: number; provider: string }[]): readonly Bid[] {
    if (deployment.state === "closed") throw badRequest("Deployment closed");
    return wanted.map(({ gseq, oseq, provider }) => {
      const bid = deployment.bids.find((one) => one.gseq === gseq && one.oseq === oseq && one.provider.address === provider);
      if (bid === undefined) throw badRequest("Bid not found");
      if (!bid.provider.audited) throw new AkashFailure(403, "The provider is not audited.");
      const order = deployment.groups.find((group) => group.gseq === gseq)?.order;
      if (bid.state !== "open") throw badRequest("Bid not open");
      if (order?.state !== "open") throw badRequest("Order not open");
      return bid;
    });
  }

  /** The newer contract looks first whether the provider answers at all. */
  #reach(dseq: string, bids: readonly Bid[]): void {
    const { contract, troubles } = this.#world;
    if (contract === "aug") return;
    for (const { provider } of bids) {
      if (provider.isOnline && !troubles.strike("provider-unreachable", provider.options.name)) continue;
      throw new AkashFailure(502, "The provider is unreachable; no lease was created.", {
        code: "provider_unreachable",
        data: { dseq, provider: provider.address, reason: "connect ECONNREFUSED" },
      });
    }
  }

  #send(deployment: SimulatedDeployment, lease: Lease, manifest: string | undefined): void {
    const { contract, troubles } = this.#world;
    const { address, options, isOnline } = lease.bid.provider;
    const undelivered = (status: number, reason: string): AkashFailure =>
      new AkashFailure(
        status,
        `The lease exists, but the provider did not take its manifest: ${reason}`,
        contract === "aug" ? {} : { code: "manifest_not_delivered", data: { dseq: deployment.dseq, provider: address, reason } },
      );
    if (!isOnline || troubles.strike("manifest-not-delivered", options.name)) throw undelivered(503, "connect ETIMEDOUT");
    if (contract === "aug" && troubles.strike("provider-unreachable", options.name)) throw undelivered(503, "connect ECONNREFUSED");
    const refused = deployment.refusalOf(manifest);
    if (refused !== undefined) throw undelivered(422, refused);
    deployment.deliver(lease);
  }

  #limit(deployment: SimulatedDeployment, hours: number | null): void {
    const present = deployment.runtimeLimitHours;
    if (hours !== null) {
      if (present !== undefined && hours < present) throw badRequest("Lowering runtimeLimitHours is not supported");
      if (hours > MOST_RUNTIME_HOURS || hours - (present ?? 0) > MOST_RAISE_HOURS)
        throw badRequest("runtimeLimitHours can be raised by 48 at most");
    }
    deployment.setRuntimeLimit(hours ?? undefined);
  }
}

/** What an update cannot touch. */
const shapeOf = ({
  name,
  services,
}: {
  readonly name: string;
  readonly services: readonly { name: string; resources: object; count: number }[];
}) => ({
  name,
  services: services.map(({ name: service, resources, count }) => ({ service, resources, count })),
});

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new SdlError("the simulator reads SDL that is JSON, which is YAML too; pass `parseYaml` to have it read the rest.");
  }
}
