import type { TLSSocket } from "node:tls";
import type { World } from "../world.js";

/** Common name of a peer's certificate. */
export const nameOf = (socket: TLSSocket): string | undefined => {
  const name = socket.getPeerCertificate().subject?.CN;
  return Array.isArray(name) ? name[0] : name;
};

/** Addresses that the proxy does not go to: no plain HTTP, no bare IP, nothing local by name. */
export function refusalOf(world: World, url: string): string | undefined {
  if (!URL.canParse(url)) return "url is no URL";
  const { protocol, hostname } = new URL(url);
  const isPlain = (world.options.gatewayTls ?? "self-signed") === "none";
  if (!["https:", "wss:", ...(isPlain ? ["http:", "ws:"] : [])].includes(protocol)) return "url must be https";
  return /^[\d.]+$|^\[|\.local$/.test(hostname) ? "url must name a public host" : undefined;
}
