import { memorySetup } from "../../artifact-stores.js";
import { grantingSaboteurs } from "./granting.js";
import { movingSaboteurs } from "./moving.js";
import { partingSaboteurs } from "./parting.js";
import { readingSaboteurs } from "./reading.js";
import type { ArtifactSaboteur } from "./saboteur.js";
import { storingSaboteurs } from "./storing.js";

/** For every clause of the artifact suite at least one store on which it has to fail. */
export const ARTIFACT_SABOTEURS: readonly ArtifactSaboteur[] = [
  ...storingSaboteurs,
  ...readingSaboteurs,
  ...movingSaboteurs,
  ...grantingSaboteurs,
  ...partingSaboteurs,
  {
    clause: "artifacts/report/skips-have-reasons",
    wrong: "is skipped without a reason",
    setup: { ...memorySetup(), skip: { "artifacts/copy/missing": "flaky" } },
  },
  {
    clause: "artifacts/report/capabilities-are-proven",
    wrong: "declares uploads in parts and skips all their clauses",
    setup: {
      ...memorySetup(),
      parted: true,
      skip: Object.fromEntries(
        ["fewer-than-planned", "nothing-before-the-end", "gaps-are-refused", "completed-once", "are-listed"].map((name) => [
          `artifacts/parts/${name}`,
          "it is not there yet",
        ]),
      ),
    },
  },
];
