/** From lanes that may send to the parts of requests: a full lane has one to itself, those with little share them. */
import type { ProducerSettings } from "./producer-settings.ts";
import type { BatchPart } from "./put-batch.ts";
import type { ShardLane } from "./shard-lane.ts";

type BatchSettings = Pick<ProducerSettings, "requestRecordsMax" | "requestBytesMax" | "order">;

/**
 * The parts of each request, at most `requestsMax` of them. `lanes` may send now; whoever comes first is served first. There may be
 * more to send after it. Batches of ordered lanes are not mixed: each is stored or not as a whole.
 */
export function makeBatches(
  lanes: readonly ShardLane[],
  requestsMax: number,
  settings: BatchSettings,
  nowMs: number,
): BatchPart[][] {
  const made: BatchPart[][] = [];
  const small: ShardLane[] = [];
  const { order, requestRecordsMax: entries, requestBytesMax: bytes } = settings;
  for (const lane of lanes) {
    if (made.length >= requestsMax) return made;
    if (order === "none" && !lane.full) small.push(lane);
    else {
      const taken = lane.take({ entries, bytes, atLeastOne: true }, nowMs);
      if (taken.length > 0) made.push([{ lane, entries: taken }]);
    }
  }
  let mixed = new MixedBatch(settings);
  for (const lane of small) {
    if (made.length >= requestsMax) return made;
    if (mixed.take(lane, nowMs)) continue;
    made.push(mixed.parts);
    mixed = new MixedBatch(settings);
    if (made.length < requestsMax) mixed.take(lane, nowMs);
  }
  if (mixed.parts.length > 0) made.push(mixed.parts);
  return made;
}

/** A request that lanes share. */
class MixedBatch {
  readonly parts: BatchPart[] = [];
  readonly #settings: BatchSettings;
  #count = 0;
  #bytes = 0;

  constructor(settings: BatchSettings) {
    this.#settings = settings;
  }

  /** Takes what there is room for; false when nothing of what waits in `lane` fitted beside the others. */
  take(lane: ShardLane, nowMs: number): boolean {
    const { requestRecordsMax, requestBytesMax } = this.#settings;
    const first = this.#count === 0;
    const room = { entries: requestRecordsMax - this.#count, bytes: requestBytesMax - this.#bytes, atLeastOne: first };
    const entries = lane.take(room, nowMs);
    if (entries.length === 0) return first || lane.queue.count === 0;
    this.parts.push({ lane, entries });
    this.#count += entries.length;
    for (const entry of entries) this.#bytes += entry.bytes;
    return true;
  }
}
