import type { NodeIdentity } from "../../../model/offer.js";
import type { PlacementInput } from "../types.js";
import { type Denial, denial } from "./denial.js";

/**
 * Keeps the attempts of one run apart, so that one liar or one outage cannot decide alone. What is unknown counts as the
 * same: all unknown operators of one backend are one operator, all unknown nodes of one operator are one node.
 */
export class SiblingFilter {
  readonly #distinct: PlacementInput["siblings"]["distinct"];
  readonly #taken: readonly string[];

  constructor(siblings: PlacementInput["siblings"]) {
    this.#distinct = siblings.distinct;
    this.#taken = siblings.distinct === "none" ? [] : siblings.nodes.map((who) => this.#keyOf(who));
  }

  offerDenial(who: NodeIdentity): Denial | undefined {
    if (this.#taken.length === 0 || !this.#taken.includes(this.#keyOf(who))) return undefined;
    const operator = who.operator === undefined ? `an unknown operator of ${who.backend}` : `operator ${who.operator}`;
    const where =
      this.#distinct === "operator" ? operator : `${who.node === undefined ? "an unknown node" : `node ${who.node}`} of ${operator}`;
    return denial("same-operator", `another attempt of this run already uses ${where}`);
  }

  #keyOf(who: NodeIdentity): string {
    const operator = operatorKey(who);
    return this.#distinct === "operator" ? operator : `${operator}|${part(who.node)}`;
  }
}

/** Equal for offers that must be assumed to have the same operator. */
export const operatorKey = (who: NodeIdentity): string => `${part(who.backend)}|${part(who.operator)}`;

const part = (name: string | undefined): string => (name === undefined ? "?" : `${name.length}.${name}`);
