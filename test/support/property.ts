import fc from "fast-check";

/**
 * fast-check with the draws of every run alike, so that a change is judged by the change. `PROPERTY_SEED=random` looks for new counterexamples,
 * and a number repeats what a failure printed.
 */
const wanted = process.env["PROPERTY_SEED"] ?? "20261124";
if (wanted !== "random") fc.configureGlobal({ seed: Number(wanted) });

export { fc };
