import type { AkashImageTrouble, AkashTrouble } from "../options.js";

type Kind = AkashTrouble["kind"];
type Of<K extends Kind> = Extract<AkashTrouble, { readonly kind: K }>;

/** What is to go wrong. */
export class Troubles {
  #all: { readonly trouble: AkashTrouble; left: number }[] = [];

  add(trouble: AkashTrouble): void {
    const times = "times" in trouble ? trouble.times : undefined;
    this.#all.push({ trouble, left: times ?? Number.POSITIVE_INFINITY });
  }

  clear(): void {
    this.#all = [];
  }

  has(kind: Kind): boolean {
    return this.find(kind) !== undefined;
  }

  find<K extends Kind>(kind: K): Of<K> | undefined {
    return this.#all.map(({ trouble }) => trouble).find((trouble): trouble is Of<K> => trouble.kind === kind);
  }

  /** One that concerns a provider; it counts down. */
  strike(kind: "provider-unreachable" | "manifest-not-delivered", provider: string): boolean {
    const found = this.#all.find(
      ({ trouble, left }) => trouble.kind === kind && left > 0 && (trouble.provider === undefined || trouble.provider === provider),
    );
    if (found === undefined) return false;
    found.left -= 1;
    return true;
  }

  isUnschedulable(provider: string): boolean {
    return this.#all.some(
      ({ trouble }) => trouble.kind === "unschedulable" && (trouble.provider === undefined || trouble.provider === provider),
    );
  }

  image(image: string): AkashImageTrouble | undefined {
    return this.#all
      .map(({ trouble }) => trouble)
      .filter((trouble) => trouble.kind === "image")
      .find((trouble) => trouble.image === image)?.why;
  }
}
