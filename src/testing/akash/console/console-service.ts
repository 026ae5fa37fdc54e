import { SimulatedDeployment } from "../chain/deployment.js";
import type { Wait } from "../http/faulty-server.js";
import { AUDITOR } from "../identities.js";
import { readSdl, SdlError } from "../sdl/read-sdl.js";
import { uactToUsd, usdToUact } from "../sdl/units.js";
import { FUNDING, type World } from "../world.js";
import { checked, createBody, depositBody, leaseBody, settingsBody, tokenBody, updateBody } from "./bodies.js";
import { AkashFailure, badRequest, insufficientBalance, notFound, refusal } from "./failure.js";
import { Leases } from "./leases.js";
import { type Viewer, viewBid, viewDetail, viewListItem } from "./views.js";

/** GPUs that trial accounts do not get. */
const TRIAL_GPUS = ["b300", "b200", "h200", "h100", "pro6000se", "pro6000we", "a100", "rtx5090", "rtx4090", "rtx3090"];
const MOST_SDL_BYTES = 512 * 1024;
const MOST_RUNTIME_HOURS = 8_760;
const MOST_RAISE_HOURS = 48;

/** What the Console does for an account. */
export class ConsoleService {
  readonly #world: World;
  readonly #leases: Leases;
  readonly #activities = new Map<string, { status: "pending" | "succeeded" | "failed"; readonly dseq: string }>();

  constructor(world: World) {
    this.#world = world;
    this.#leases = new Leases(world);
  }

  /** Picks the dseq by the clock; there is no key by which a repetition could be known. */
  async create(body: unknown, wait: Wait): Promise<object> {
    const world = this.#world;
    const { data } = checked(createBody, body);
    const sdl = this.#readSdl(data.sdl);
    this.#admitTrial(data.sdl);
    if (!world.isFunding && data.deposit === undefined) throw badRequest("deposit is required");
    const depositUsd = world.isFunding ? FUNDING.defaultDepositUsd : (data.deposit ?? 0);
    if (depositUsd < FUNDING.defaultDepositUsd) throw badRequest("Deposit too low");
    this.#afford(depositUsd);
    const dseq = this.#newDseq();
    await wait(this.#transactionMs());
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
  async lease(body: unknown, wait: Wait): Promise<object> {
    const request = checked(leaseBody, body);
    if (this.#world.contract === "aug" && request.manifest === undefined) checked(leaseBody.required({ manifest: true }), body);
    const dseqs = new Set(request.leases.map(({ dseq }) => dseq));
    const [dseq = ""] = dseqs;
    if (dseqs.size > 1) throw badRequest("All leases must belong to one deployment");
    const deployment = this.#find(dseq);
    if (deployment.leases.every(({ active }) => !active)) {
      await this.#leases.make(deployment, request.leases, () => wait(this.#transactionMs()));
    }
    this.#leases.send(deployment, request.manifest);
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
  async update(dseq: string, body: unknown, wait: Wait): Promise<object> {
    const { data } = checked(updateBody, body);
    const deployment = this.#find(dseq);
    if (deployment.state === "closed") throw badRequest("Deployment closed");
    const sdl = this.#readSdl(data.sdl);
    if (sdl.manifest !== deployment.request.sdl.manifest) {
      if (JSON.stringify(sdl.groups.map(shapeOf)) !== JSON.stringify(deployment.request.sdl.groups.map(shapeOf))) {
        throw badRequest("Resources, count and prices cannot be changed");
      }
      await wait(this.#transactionMs());
      deployment.update(data.sdl, sdl);
    }
    this.#leases.send(deployment, undefined);
    return this.detail(dseq);
  }

  async deposit(body: unknown, wait: Wait): Promise<object> {
    const { data } = checked(depositBody, body);
    const deployment = this.#find(data.dseq);
    if (deployment.state === "closed") throw badRequest("Deployment closed");
    this.#afford(data.deposit);
    await wait(this.#transactionMs());
    this.#afford(data.deposit);
    this.#world.creditsUact -= usdToUact(data.deposit);
    deployment.deposit(usdToUact(data.deposit));
    return this.detail(data.dseq);
  }

  /** Again means nothing. With `async` it goes on behind the answer. */
  async close(dseq: string, isAsync: boolean, wait: Wait): Promise<{ readonly status: number; readonly value: object }> {
    const world = this.#world;
    const deployment = this.#find(dseq);
    const ms = this.#transactionMs() + (world.troubles.find("slow-close")?.ms ?? 0);
    if (!isAsync || world.contract === "aug") {
      if (deployment.state === "active") await wait(ms);
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
