import { must, shown } from "../../clause.js";
import type { ArtifactClause } from "./clause-type.js";

export const staticClauses: readonly ArtifactClause[] = [
  {
    id: "artifacts/static/facts",
    rule: "It says what it is: an id, schemes in lower case, that it writes, a workspace of such a scheme that ends in a slash, prices of at least 0.",
    run: async ({ store }) => {
      must(store.id !== "" && store.write, "A store under test has an `id` and `write: true`.");
      must(
        store.schemes.length > 0 && store.schemes.every((scheme) => /^[a-z][a-z0-9+.-]*$/.test(scheme)),
        `schemes: ${shown(store.schemes)}`,
      );
      const { workspace = "" } = store;
      must(workspace.endsWith("/"), `\`workspace\` has to end in a slash: ${shown(workspace)}`);
      must(
        store.schemes.some((scheme) => workspace.startsWith(`${scheme}:`)),
        `\`workspace\` has to be of a declared scheme: ${shown(workspace)}`,
      );
      for (const [name, price] of Object.entries(store.prices))
        must(Number.isFinite(price) && price >= 0, `prices.${name} is ${shown(price)}.`);
    },
  },
  {
    id: "artifacts/static/declared",
    rule: "It has the verbs for what is declared of it, and no more.",
    run: async ({ store, setup }) => {
      const has = (what: unknown, declared: boolean, name: string): void =>
        must((what !== undefined) === declared, `\`${name}\` is ${declared ? "declared and missing" : "there and not declared"}.`);
      has(store.parted, setup.parted === true, "parted");
      if (setup.urls === "signed") must(store.writeUrl !== undefined, "A store with signed URLs needs `writeUrl`.");
      if ((setup.enforces?.length ?? 0) > 0) must(store.grantWrite !== undefined, "`enforces` is declared and `grantWrite` is missing.");
    },
  },
];
