import { bookSaboteurs } from "./books.js";
import { claimSaboteurs } from "./claims.js";
import { durabilitySaboteurs } from "./durability.js";
import { openingAndCommitSaboteurs } from "./opening-and-commit.js";
import { readingSaboteurs } from "./reading.js";
import type { StoreSaboteur } from "./saboteur.js";
import { watchingAndPurgingSaboteurs } from "./watching-and-purging.js";

export const STORE_SABOTEURS: readonly StoreSaboteur[] = [
  ...openingAndCommitSaboteurs,
  ...claimSaboteurs,
  ...bookSaboteurs,
  ...readingSaboteurs,
  ...watchingAndPurgingSaboteurs,
  ...durabilitySaboteurs,
];
