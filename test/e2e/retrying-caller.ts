/** A client with the retries of every AWS SDK, in front of several gateways as a load balancer would put it. */
import { randomUUID } from "node:crypto";
import { setTimeout as delay } from "node:timers/promises";
import { KinesisCaller, type Answer } from "../contract/kinesis-caller.ts";

/** AWS SDKs try three times in all. */
const ATTEMPTS = 3;
const BACKOFF_MS = 100;

/** See the file comment. Each attempt goes to the next gateway and carries the invocation id of the first. */
export class RetryingCaller extends KinesisCaller {
  readonly #gateways: readonly KinesisCaller[];
  #next = 0;
  /** Attempts that had to be repeated. */
  retries = 0;

  constructor(endpoints: readonly [string, ...string[]]) {
    super(endpoints[0]);
    this.#gateways = endpoints.map((endpoint) => new KinesisCaller(endpoint));
  }

  override async call(operation: string, input: unknown): Promise<Answer> {
    const headers = { ...this.headers(operation), "amz-sdk-invocation-id": randomUUID() };
    const body = JSON.stringify(input);
    const first = (this.#next += 1);
    for (let attempt = 1; ; attempt += 1) {
      const gateway = this.#gateways[(first + attempt) % this.#gateways.length];
      if (gateway === undefined) throw new Error("no gateway");
      try {
        const answer = await gateway.raw({ headers, body });
        if (answer.status < 500 || attempt === ATTEMPTS) return answer;
      } catch (error) {
        if (attempt === ATTEMPTS) throw error;
      }
      this.retries += 1;
      await delay(BACKOFF_MS * 2 ** attempt * Math.random());
    }
  }

  override close(): void {
    super.close();
    for (const gateway of this.#gateways) gateway.close();
  }
}
