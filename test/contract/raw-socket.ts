/** Sockets that misbehave on purpose, and what a server answered them. */
import { connect, type Socket } from "node:net";

/** Everything the server sent until it closed the connection or `waitMs` passed. */
export interface SocketAnswer {
  readonly text: string;
  readonly closed: boolean;
}

/** Sends `parts` with pauses, then listens. A string part is sent as Latin-1, a number is a pause in ms, "end" closes our half. */
export async function talk(
  endpoint: string,
  parts: readonly (string | Buffer | number)[],
  waitMs: number,
): Promise<SocketAnswer> {
  const { hostname, port } = new URL(endpoint);
  const socket: Socket = connect({ port: Number(port), host: hostname, allowHalfOpen: true });
  const received: Buffer[] = [];
  let closed = false;
  socket.on("data", (chunk) => received.push(chunk));
  socket.on("end", () => socket.end());
  const close = new Promise<void>((resolve) => {
    socket.on("close", () => {
      closed = true;
      resolve();
    });
  });
  // A reset by the server is one of the answers looked for; `close` follows it.
  socket.on("error", () => undefined);
  for (const part of parts) {
    if (typeof part === "number") await pause(part);
    else if (part === "end") socket.end();
    else if (!closed) socket.write(typeof part === "string" ? Buffer.from(part, "latin1") : part);
  }
  await Promise.race([close, pause(waitMs)]);
  const answer = { text: Buffer.concat(received).toString("latin1"), closed };
  socket.destroy();
  return answer;
}

/** Real time, because the server under test lives in another process. */
export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
