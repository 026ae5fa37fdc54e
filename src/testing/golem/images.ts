import type { Agreement } from "./agreement.js";
import { refused } from "./failure.js";
import type { SimulatedGolemImage } from "./provider-options.js";
import type { YagnaWorld } from "./world.js";

/** VOLUME of an image that nobody has described. */
const USUAL_VOLUMES = ["/golem/work"];

/** The public registry: tags, and what is in an image. */
export class Images {
  readonly #known: readonly SimulatedGolemImage[];
  readonly #world: YagnaWorld;

  constructor(known: readonly SimulatedGolemImage[], world: YagnaWorld) {
    this.#known = known;
    this.#world = world;
  }

  /** What the registry says about a tag or a hash. */
  info(query: URLSearchParams): object {
    const tag = query.get("tag");
    const hash = query.get("hash");
    const found = this.#known.find((image) => (tag === null ? image.hash === hash : image.tag === tag));
    const sha3 = found?.hash ?? hash ?? undefined;
    if (sha3 === undefined) throw refused(404, `Image ${tag} not found`);
    const path = `registry.simulated.invalid/download/${sha3}.gvmi`;
    return { http: `http://${path}`, https: `https://${path}`, sha3 };
  }

  /** The image that an agreement's demand names: `hash:sha3:<hash>:<url>`. */
  of(agreement: Agreement): SimulatedGolemImage {
    const named = String(agreement.counter.properties["golem.srv.comp.task_package"] ?? "");
    const hash = /^hash:sha3:([^:]+):/.exec(named)?.[1] ?? this.#world.host.sha256(named).slice(0, 56);
    return this.#known.find((image) => image.hash === hash) ?? { hash, volumes: USUAL_VOLUMES };
  }
}
