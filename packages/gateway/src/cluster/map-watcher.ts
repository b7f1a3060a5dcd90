/** Keeps a cluster map up to date over Coordinator.WatchMap: reopens the watch for ever, with backoff and jitter. */
import type { Clock, Random, TimerHandle } from "@millrace/base";
import type { ClusterMapUpdate } from "@millrace/model";
import {
  protocolFields,
  type ActiveCoordinator,
  type ClientReadableStream,
  type ClusterMapUpdate__Output,
  type KnownCoordinator,
} from "@millrace/rpc";
import type { ClusterMap } from "./cluster-map.ts";

const BACKOFF_FIRST_MS = 50;
const BACKOFF_MAX_MS = 2000;
/** The search goes on by itself; this only bounds one wait for it. */
const FIND_TIMEOUT_MS = 30_000;

/** What a watcher needs. `holder` names this gateway in the coordinator's logs. */
export interface MapWatcherOptions {
  readonly map: ClusterMap;
  readonly coordinator: ActiveCoordinator;
  readonly holder: string;
  readonly clock: Clock;
  readonly random: Random;
  readonly onLost: (why: string) => void;
}

/** See the file comment. Runs from construction until `close`. */
export class MapWatcher {
  readonly #options: MapWatcherOptions;
  #call: ClientReadableStream<ClusterMapUpdate__Output> | undefined;
  #retry: TimerHandle | undefined;
  #backoffMs = BACKOFF_FIRST_MS;
  #needSnapshot = false;
  #closed = false;

  constructor(options: MapWatcherOptions) {
    this.#options = options;
    void this.#find();
  }

  close(): void {
    this.#closed = true;
    this.#retry?.cancel();
    this.#call?.cancel();
  }

  async #find(): Promise<void> {
    const known = await this.#options.coordinator.find(FIND_TIMEOUT_MS);
    if (this.#closed) return;
    if (known === undefined) this.#reopen("no coordinator can be reached");
    else this.#open(known);
  }

  #open(known: KnownCoordinator): void {
    const { coordinator, holder, map } = this.#options;
    const haveVersion = this.#needSnapshot ? 0 : map.version;
    const call = known.client.watchMap({ holder, haveVersion, ...protocolFields() });
    this.#call = call;
    let over = false;
    const end = (why: string): void => {
      if (over) return;
      over = true;
      known.replaced.removeEventListener("abort", replaced);
      coordinator.doubt(known);
      this.#reopen(why);
    };
    const replaced = (): void => {
      end("another coordinator was elected");
      call.cancel();
    };
    known.replaced.addEventListener("abort", replaced, { once: true });
    call.on("data", (update: ClusterMapUpdate__Output) => {
      if (over) return;
      if (!map.apply(update as unknown as ClusterMapUpdate)) {
        this.#needSnapshot = true;
        call.cancel();
        return end("a gap in the map's versions");
      }
      this.#needSnapshot = false;
      this.#backoffMs = BACKOFF_FIRST_MS;
    });
    call.on("error", (error: Error) => end(error.message));
    call.on("end", () => end("the coordinator ended the watch"));
  }

  #reopen(why: string): void {
    if (this.#closed) return;
    const { clock, random, onLost } = this.#options;
    onLost(why);
    const delayMs = this.#backoffMs * (0.5 + random.float() / 2);
    this.#backoffMs = Math.min(BACKOFF_MAX_MS, this.#backoffMs * 2);
    this.#retry = clock.schedule(delayMs, () => void this.#find());
  }
}
