/** Reads SubscribeToShard answers: cuts the body into messages and decodes each with the AWS SDK's own codec. */
import { request as http1Request } from "node:http";
import { connect } from "node:http2";
import { EventStreamCodec } from "@smithy/eventstream-codec";
import type { KinesisCaller } from "./kinesis-caller.ts";

const codec = new EventStreamCodec(
  (bytes) => Buffer.from(bytes).toString("utf8"),
  (text) => Buffer.from(text, "utf8"),
);

/** One decoded message: its headers as strings and its JSON payload. */
export interface StreamEvent {
  readonly headers: Readonly<Record<string, string>>;
  readonly payload: Readonly<Record<string, unknown>>;
}

/** An open subscription. */
export interface Subscription {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  /** Every event so far. */
  readonly events: StreamEvent[];
  /** Resolves when the server has ended the stream. */
  readonly ended: Promise<void>;
  /** Waits until `enough(events)`; fails after `timeoutMs`. */
  until(enough: (events: readonly StreamEvent[]) => boolean, timeoutMs?: number): Promise<void>;
  close(): void;
}

/** Opens SubscribeToShard over HTTP/1.1 (chunked) or HTTP/2 prior knowledge. */
export async function subscribe(
  kinesis: KinesisCaller,
  endpoint: string,
  input: Readonly<Record<string, unknown>>,
  protocol: "http1" | "http2" = "http1",
): Promise<Subscription> {
  const body = Buffer.from(JSON.stringify(input));
  const headers = kinesis.headers("SubscribeToShard");
  return protocol === "http1" ? overHttp1(new URL(endpoint), headers, body) : overHttp2(endpoint, headers, body);
}

async function overHttp1(url: URL, headers: Record<string, string>, body: Buffer): Promise<Subscription> {
  return new Promise((resolve, reject) => {
    const outgoing = http1Request(
      {
        host: url.hostname,
        port: url.port,
        method: "POST",
        path: "/",
        headers: { ...headers, "Content-Length": body.length },
      },
      (incoming) => {
        const reader = new Reader();
        incoming.on("data", (chunk: Buffer) => reader.push(chunk));
        incoming.on("close", () => reader.finish());
        resolve(reader.subscription(incoming.statusCode ?? 0, incoming.headers, () => incoming.destroy()));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

async function overHttp2(endpoint: string, headers: Record<string, string>, body: Buffer): Promise<Subscription> {
  return new Promise((resolve, reject) => {
    const session = connect(endpoint);
    session.on("error", reject);
    const lower = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value]));
    const stream = session.request({ ":method": "POST", ":path": "/", ...lower });
    const reader = new Reader();
    stream.on("data", (chunk: Buffer) => reader.push(chunk));
    stream.on("close", () => {
      reader.finish();
      session.close();
    });
    stream.on("error", () => reader.finish());
    stream.on("response", (answer) => {
      resolve(reader.subscription(answer[":status"] ?? 0, answer, () => session.destroy()));
    });
    stream.end(body);
  });
}

class Reader {
  #rest: Buffer = Buffer.alloc(0);
  readonly #events: StreamEvent[] = [];
  #finish: () => void = () => undefined;
  readonly #ended = new Promise<void>((resolve) => {
    this.#finish = resolve;
  });

  push(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 16 && this.#rest.length >= this.#rest.readUInt32BE(0)) {
      const length = this.#rest.readUInt32BE(0);
      const message = codec.decode(this.#rest.subarray(0, length));
      this.#rest = this.#rest.subarray(length);
      const text = Buffer.from(message.body).toString();
      this.#events.push({
        headers: Object.fromEntries(
          Object.entries(message.headers).map(([name, header]) => [name, String(header.value)]),
        ),
        payload: text === "" ? {} : (JSON.parse(text) as Record<string, unknown>),
      });
    }
  }

  finish(): void {
    this.#finish();
  }

  subscription(status: number, headers: Readonly<Record<string, unknown>>, close: () => void): Subscription {
    const events = this.#events;
    return {
      status,
      headers,
      events,
      ended: this.#ended,
      close,
      async until(enough, timeoutMs = 20_000) {
        const end = Date.now() + timeoutMs;
        while (!enough(events)) {
          if (Date.now() > end)
            throw new Error(`waited in vain; events so far: ${JSON.stringify(events).slice(0, 2000)}`);
          await new Promise((resolve) => setTimeout(resolve, 10));
        }
      },
    };
  }
}
