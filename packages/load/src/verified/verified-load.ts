/** Producers and readers of one stream with one history: the load under which faults are injected. */
import { ServiceError } from "@millrace/base";
import { GatewayClient } from "./gateway-client.ts";
import { PutGaps } from "./put-gaps.ts";
import { RecordHistory } from "./record-history.ts";
import { followStream } from "./stream-follower.ts";
import { produceVerified } from "./verified-producer.ts";
import { verifyStream, type EarlierOrders, type StreamVerified } from "./verify-stream.ts";

/** How producers that cannot finish are treated: after this long they are given up, which is a violation. */
const FINISH_MS = 90_000;

/** What load to make. */
export interface VerifiedLoadOptions {
  /** Ports of gateways on loopback. */
  readonly ports: readonly number[];
  /** An ACTIVE stream that nobody else puts to. */
  readonly streamName: string;
  readonly producers: number;
  /** Pause of a producer between two batches. */
  readonly pauseMs: number;
  /** Marks the records of this run, 32 bits. */
  readonly run: number;
}

/** Load that runs from its construction on. */
export class VerifiedLoad {
  readonly history: RecordHistory;
  readonly gaps: PutGaps = new PutGaps();
  readonly #options: VerifiedLoadOptions;
  readonly #stopPutting = new AbortController();
  readonly #stopReading = new AbortController();
  readonly #abandon = new AbortController();
  readonly #producers: Promise<void>[];
  readonly #follower: Promise<EarlierOrders>;
  #clientCount = 0;

  constructor(options: VerifiedLoadOptions) {
    this.#options = options;
    const { producers, run, streamName, pauseMs } = options;
    this.history = new RecordHistory(run, producers);
    const { history, gaps } = this;
    this.#producers = Array.from({ length: producers }, async (_, producer) => {
      const client = this.#client();
      const parts = { client, streamName, producer, history, gaps, pauseMs };
      await produceVerified(parts, this.#stopPutting.signal, this.#abandon.signal);
      client.close();
    });
    const clients = (): GatewayClient => this.#client();
    this.#follower = followStream({ clients, streamName, history }, this.#stopReading.signal);
    // Awaited when the load ends; a failure meanwhile must not end the process.
    this.#follower.catch(() => undefined);
  }

  /** Ends the producers when each has finished what it is putting. What cannot be finished is a violation. */
  async stopPutting(): Promise<void> {
    this.#stopPutting.abort();
    const timer = setTimeout(() => {
      this.history.violate(`a put was not taken for ${FINISH_MS / 1000} s after all faults had ended`);
      this.#abandon.abort();
    }, FINISH_MS);
    await Promise.all(this.#producers);
    clearTimeout(timer);
  }

  /** Stops reading and reads the whole stream once more. Call after {@link stopPutting}. */
  async verify(): Promise<StreamVerified> {
    this.#stopReading.abort();
    const followed = await this.#follower.catch((error: unknown) => {
      this.history.violate(`the readers failed: ${ServiceError.from(error).message}`);
      return new Map() as EarlierOrders;
    });
    return this.verifyAgain(followed);
  }

  /** Reads the whole stream and compares it with the history and with an order read before. */
  async verifyAgain(earlier: EarlierOrders): Promise<StreamVerified> {
    const client = this.#client();
    try {
      return await verifyStream(client, this.#options.streamName, this.history, earlier);
    } finally {
      client.close();
    }
  }

  #client(): GatewayClient {
    return new GatewayClient(this.#options.ports, this.#clientCount++);
  }
}
