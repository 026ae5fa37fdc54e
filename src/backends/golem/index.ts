/** Image workloads on the Golem Network: {@link golem}. */
export { golem } from "./golem.js";
export type { GolemImage, GolemMachine, GolemNodes, GolemOfferSource, GolemOptions } from "./options.js";
