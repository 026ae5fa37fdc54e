import type { Offer } from "../../../model/offer.js";
import type { Exclusions } from "../../../model/run.js";
import { type Denial, denial } from "./denial.js";

/** Places that have failed this run. All lists but `backends` are qualified: `<backend>/<name>`. */
export class ExclusionFilter {
  readonly #exclusions: Exclusions;
  readonly #any: boolean;

  constructor(exclusions: Exclusions) {
    const { nodes, operators, providers, offers } = exclusions;
    this.#exclusions = exclusions;
    this.#any = nodes.length + operators.length + providers.length + offers.length > 0;
  }

  backendDenial(backend: string): Denial | undefined {
    return this.#exclusions.backends.includes(backend) ? denial("excluded", "this backend failed the run before") : undefined;
  }

  offerDenial(offer: Offer): Denial | undefined {
    if (!this.#any) return undefined;
    const { nodes, operators, providers, offers } = this.#exclusions;
    if (names(nodes, offer, offer.node)) return denial("excluded", `node ${offer.node} failed this run before`);
    if (names(operators, offer, offer.operator)) return denial("excluded", `operator ${offer.operator} failed this run before`);
    if (names(providers, offer, offer.provider)) return denial("excluded", `provider ${offer.provider} failed this run before`);
    if (names(offers, offer, offer.id)) return denial("excluded", "this offer failed the run before");
    return undefined;
  }
}

function names(list: readonly string[], offer: Offer, name: string | undefined): boolean {
  return list.length > 0 && name !== undefined && list.includes(`${offer.backend}/${name}`);
}
