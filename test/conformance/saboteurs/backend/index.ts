import { bindingSaboteurs } from "./binding.js";
import { carryingOutSaboteurs } from "./carrying-out.js";
import { faultSaboteurs } from "./faults.js";
import { inspectingAndReleasingSaboteurs } from "./inspecting-and-releasing.js";
import { moneySaboteurs } from "./money.js";
import { runnerSaboteurs } from "./runner.js";
import type { BackendSaboteur } from "./saboteur.js";
import { stagingSaboteurs } from "./staging.js";
import { staticAndOfferSaboteurs } from "./statics-and-offers.js";

/** It takes real time. */
export const isOfTheRunner = ({ clause }: BackendSaboteur): boolean => clause.startsWith("backend/runner/");

export const BACKEND_SABOTEURS: readonly BackendSaboteur[] = [
  ...staticAndOfferSaboteurs,
  ...bindingSaboteurs,
  ...inspectingAndReleasingSaboteurs,
  ...stagingSaboteurs,
  ...runnerSaboteurs,
  ...carryingOutSaboteurs,
  ...moneySaboteurs,
  ...faultSaboteurs,
];
