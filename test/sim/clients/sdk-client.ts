/** A client as an AWS SDK is one: it repeats what failed in a way that may pass, with one invocation id for all tries. */
import { sleep } from "@millrace/base";
import type { SimulatedCluster } from "../cluster/simulated-cluster.ts";
import type { Dice } from "../world/dice.ts";
import { sendRequest, type ApiRequest } from "../world/simulated-http.ts";
import { SimulatedProcess } from "../world/simulated-process.ts";
import type { SimulatedStream } from "../world/simulated-stream.ts";

/** What a call came to. `uncertain`: a try may have had an effect although the last one failed. */
export type CallOutcome =
  | { readonly ok: true; readonly output: Record<string, unknown>; readonly uncertain: boolean }
  | { readonly ok: false; readonly errorType: string; readonly uncertain: boolean };

/** What an SDK says of one try of a call. */
type Try = Pick<ApiRequest, "invocationId" | "attempt">;

const ATTEMPTS_MAX = 3;
const BACKOFF_MS = 100;

/** See the file comment. */
export class SdkClient {
  readonly process: SimulatedProcess;
  readonly #cluster: SimulatedCluster;
  readonly #dice: Dice;

  constructor(cluster: SimulatedCluster, name: string) {
    this.#cluster = cluster;
    this.process = new SimulatedProcess(cluster.simulation, name);
    this.#dice = cluster.simulation.dice.forConcern(name);
  }

  get dice(): Dice {
    return this.#dice;
  }

  /** Calls an operation; every try goes to any gateway. */
  async call(operation: string, input: object): Promise<CallOutcome> {
    const invocationId = this.#dice.random.uuid();
    let uncertain = false;
    let errorType = "";
    for (let attempt = 1; attempt <= ATTEMPTS_MAX; attempt += 1) {
      const outcome = await this.#attempt(operation, input, { invocationId, attempt });
      if (outcome !== "lost" && outcome.status === 200) {
        const text = outcome.body.toString();
        return { ok: true, output: (text === "" ? {} : JSON.parse(text)) as Record<string, unknown>, uncertain };
      }
      errorType = outcome === "lost" ? "lost" : errorTypeOf(outcome.body);
      if (outcome === "lost" || outcome.status >= 500) uncertain = true;
      this.#cluster.simulation.transcript.tell(
        this.process.name,
        `try ${attempt} of ${operation} ${invocationId.slice(0, 8)} failed: ${errorType}`,
      );
      const mayPass = outcome === "lost" || outcome.status >= 500 || /Throughput|LimitExceeded/.test(errorType);
      if (!mayPass) break;
      await sleep(this.process.clock, BACKOFF_MS * 2 ** attempt * (0.5 + this.#dice.random.float()));
    }
    return { ok: false, errorType, uncertain };
  }

  /** Opens a stream of events with one try; its error type when there is none. */
  async subscribe(input: object): Promise<SimulatedStream | string> {
    const outcome = await this.#send("SubscribeToShard", input, { invocationId: this.#dice.random.uuid(), attempt: 1 });
    if (outcome === "lost") return "lost";
    return outcome.stream ?? errorTypeOf(outcome.body);
  }

  #attempt(operation: string, input: object, tried: Try): ReturnType<typeof sendRequest> {
    const { network, simulation } = this.#cluster;
    if (network.doubledShare > 0 && this.#dice.chance(network.doubledShare)) {
      simulation.happened("request that arrives twice");
      void this.#send(operation, input, tried);
    }
    return this.#send(operation, input, tried);
  }

  #send(operation: string, input: object, tried: Try): ReturnType<typeof sendRequest> {
    const host = this.#dice.pick(this.#cluster.ofRole("gateway"))?.name ?? "";
    return sendRequest(
      this.#cluster,
      { host: this.process.name, process: this.process },
      { host, find: () => this.#cluster.endpoint(host) },
      { operation, input, ...tried, requestId: this.#dice.random.uuid() },
    );
  }
}

function errorTypeOf(body: Buffer): string {
  const { __type: type, message } = JSON.parse(body.toString()) as { __type?: string; message?: string };
  return `${type ?? "?"}: ${message ?? ""}`;
}
