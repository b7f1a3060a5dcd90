/**
 * Speaks the Kinesis wire protocol by hand, so that contract cases see every byte an SDK would hide: raw HTTP/1.1 over
 * a keep-alive agent, JSON 1.1 unless a case asks for something else.
 */
import { Agent, request } from "node:http";

/** An answer with its body parsed when it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly bytes: Buffer;
  /** The parsed JSON body, or an empty object when there is none. */
  readonly body: Readonly<Record<string, unknown>>;
}

/** What a case may change about a request. */
export interface RawRequest {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: Readonly<Record<string, string | undefined>>;
  readonly body?: Buffer | string;
}

/** A caller bound to one endpoint, account and region. */
export class KinesisCaller {
  readonly #endpoint: URL;
  readonly #agent = new Agent({ keepAlive: true });
  readonly accountId: string;
  readonly region: string;

  constructor(endpoint: string, options: { accountId?: string; region?: string } = {}) {
    this.#endpoint = new URL(endpoint);
    this.accountId = options.accountId ?? "000000000000";
    this.region = options.region ?? "us-east-1";
  }

  /** Headers of an ordinary request: any well-formed signature passes while no credentials are configured. */
  headers(operation: string): Record<string, string> {
    const accessKey = this.accountId === "000000000000" ? "AKIDEXAMPLE" : this.accountId;
    return {
      "Content-Type": "application/x-amz-json-1.1",
      "X-Amz-Target": `Kinesis_20131202.${operation}`,
      "X-Amz-Date": new Date().toISOString().replace(/[-:]|\.\d{3}/g, ""),
      Authorization:
        `AWS4-HMAC-SHA256 Credential=${accessKey}/20261120/${this.region}/kinesis/aws4_request, ` +
        `SignedHeaders=content-type;host;x-amz-date;x-amz-target, Signature=${"0".repeat(64)}`,
    };
  }

  /** One operation with a JSON input. */
  call(operation: string, input: unknown): Promise<Answer> {
    return this.raw({ headers: this.headers(operation), body: JSON.stringify(input) });
  }

  /** The output of an operation that must succeed. */
  async ok(operation: string, input: unknown): Promise<Answer["body"]> {
    const answer = await this.call(operation, input);
    if (answer.status !== 200) throw new Error(`${operation}: ${answer.status} ${answer.bytes.toString()}`);
    return answer.body;
  }

  /** Waits until the stream is ACTIVE; fails after ten seconds. */
  async waitActive(StreamName: string): Promise<void> {
    const end = Date.now() + 10_000;
    for (;;) {
      const summary = await this.call("DescribeStreamSummary", { StreamName });
      const description = summary.body["StreamDescriptionSummary"] as { StreamStatus?: string } | undefined;
      if (description?.StreamStatus === "ACTIVE") return;
      if (Date.now() > end) throw new Error(`${StreamName} did not become ACTIVE: ${summary.bytes.toString()}`);
      await new Promise((resolve) => setTimeout(resolve, 25));
    }
  }

  /** Any request at all. Headers set to undefined are not sent. */
  raw(raw: RawRequest): Promise<Answer> {
    const headers: Record<string, string> = {};
    for (const [name, value] of Object.entries(raw.headers ?? {})) if (value !== undefined) headers[name] = value;
    const body = Buffer.from(raw.body ?? "");
    return new Promise((resolve, reject) => {
      const outgoing = request(
        {
          agent: this.#agent,
          host: this.#endpoint.hostname,
          port: this.#endpoint.port,
          method: raw.method ?? "POST",
          path: raw.path ?? "/",
          headers: { ...headers, "Content-Length": String(body.length) },
        },
        (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on("data", (chunk: Buffer) => chunks.push(chunk));
          incoming.on("error", reject);
          incoming.on("end", () => {
            const bytes = Buffer.concat(chunks);
            resolve({ status: incoming.statusCode ?? 0, headers: incoming.headers, bytes, body: parse(bytes) });
          });
        },
      );
      outgoing.on("error", reject);
      outgoing.end(body);
    });
  }

  close(): void {
    this.#agent.destroy();
  }
}

function parse(bytes: Buffer): Answer["body"] {
  try {
    return JSON.parse(bytes.toString()) as Answer["body"];
  } catch {
    // Not JSON: the case looks at `bytes`.
    return {};
  }
}
