/**
 * Makes any connection that would leave this machine fail at once, so that no test can pass or hang because of the network.
 * Unix sockets and loopback addresses stay open. Child processes are not covered.
 */
import { Socket } from "node:net";

const loopback = /^(localhost|127\.\d+\.\d+\.\d+|::1|::ffff:127\.\d+\.\d+\.\d+)$/i;

/** Host named by the arguments of `Socket.connect`, in every form Node accepts; undefined means a path or the default, loopback. */
function hostOf(args: readonly unknown[]): string | undefined {
  const [first, second] = args;
  if (Array.isArray(first)) return hostOf(first);
  if (typeof first === "object" && first !== null) {
    if ("path" in first && typeof first.path === "string") return undefined;
    return "host" in first && typeof first.host === "string" ? first.host : undefined;
  }
  return typeof second === "string" ? second : undefined;
}

const connect = Socket.prototype.connect;

Socket.prototype.connect = function guardedConnect(this: Socket, ...args: unknown[]): Socket {
  const host = hostOf(args);
  if (host !== undefined && !loopback.test(host)) {
    throw new Error(`A test tried to reach "${host}". Tests use loopback only; start a server on port 0 instead.`);
  }
  return Reflect.apply(connect, this, args) as Socket;
};
