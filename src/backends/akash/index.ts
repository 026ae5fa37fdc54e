/** Akash as a backend: {@link akash}. @module */
export { akash } from "./akash.js";
export { AKASH_CONSOLE_AUDITOR, type AkashFunding, type AkashOptions, type AkashRates, type AkashWalletSigner } from "./options.js";
