/** Everything that can be set about a producer, with defaults and bounds. */
import { ProducerError } from "../producer-error.ts";

/**
 * - `none`: the fastest; records of one key may overtake each other when something is sent again.
 * - `key`: records of one partition key are stored in the order of their puts, on any Kinesis: a key waits for the answer to
 *   its record before it. With aggregation one aggregate per shard is on its way at a time.
 * - `shard`: batches of one shard go one after another, each in order. Enough for strict order where a batch of one shard is
 *   stored as a whole and in order, as Millrace does; AWS does not promise that.
 */
export type ProducerOrder = "none" | "key" | "shard";

/** Limits and times of a producer. Bytes are data and partition key, as Kinesis counts them. */
export interface ProducerSettings {
  /** How long a record waits for others of its shard. */
  readonly lingerMs: number;
  /** Most records of a request: 500 is the API's limit. */
  readonly requestRecordsMax: number;
  /** Most bytes of a request: 10 MiB is AWS's limit, 5 MiB everybody's. One record may always go alone. */
  readonly requestBytesMax: number;
  /** A shard with so many bytes waiting is not kept waiting for more; also the size of the batches it is sent in. */
  readonly batchBytes: number;
  /** Requests under way at once, those that wait for another try among them. */
  readonly requestsInFlightMax: number;
  /** How long the answer to a request may take. */
  readonly requestTimeoutMs: number;
  /** Most bytes in the producer's hands, with a fixed {@link RECORD_OVERHEAD_BYTES} for each record. */
  readonly bufferBytesMax: number;
  /** Most records in the producer's hands. */
  readonly bufferRecordsMax: number;
  /** How long a record may take from its put until it is stored. A put may say otherwise for its record. */
  readonly ttlMs: number;
  /** Largest record: raise it with the stream's MaxRecordSizeInKiB. */
  readonly recordBytesMax: number;
  /** Whether records are packed into aggregates of the KPL's format. */
  readonly aggregation: boolean;
  /** Largest aggregate. */
  readonly aggregateBytesMax: number;
  /** Whether the data of Kinesis records is compressed, for readers that use Millrace's worker or its codec. */
  readonly compression: boolean;
  readonly order: ProducerOrder;
}

/** What a record counts beside its bytes: the objects that stand for it. */
export const RECORD_OVERHEAD_BYTES = 256;

const MIB = 1024 * 1024;

/** See {@link ProducerSettings}. */
export const defaultSettings: ProducerSettings = {
  lingerMs: 50,
  requestRecordsMax: 500,
  requestBytesMax: 5 * MIB,
  batchBytes: MIB / 2,
  requestsInFlightMax: 8,
  requestTimeoutMs: 10_000,
  bufferBytesMax: 32 * MIB,
  bufferRecordsMax: 100_000,
  ttlMs: 30_000,
  recordBytesMax: MIB,
  aggregation: false,
  aggregateBytesMax: 51_200,
  compression: false,
  order: "none",
};

/** The bounds of every number: what lies outside is a mistake. */
const bounds: readonly (readonly [keyof ProducerSettings, number, number])[] = [
  ["lingerMs", 0, 60_000],
  ["requestRecordsMax", 1, 500],
  ["requestBytesMax", 1024, 10 * MIB],
  ["batchBytes", 1, 10 * MIB],
  ["requestsInFlightMax", 1, 1_000],
  ["requestTimeoutMs", 1, 600_000],
  ["bufferBytesMax", 1024, Number.MAX_SAFE_INTEGER],
  ["bufferRecordsMax", 1, Number.MAX_SAFE_INTEGER],
  ["ttlMs", 1, 86_400_000],
  ["recordBytesMax", 1, 10 * MIB],
  ["aggregateBytesMax", 64, 10 * MIB],
];

/** `given` over the defaults. Throws INVALID when a value is outside its bounds. */
export function completeSettings(given: Partial<ProducerSettings>): ProducerSettings {
  const settings: ProducerSettings = { ...defaultSettings, ...withoutUndefined(given) };
  for (const [name, least, most] of bounds) {
    const value = settings[name] as number;
    if (!Number.isInteger(value) || value < least || value > most) {
      throw new ProducerError("INVALID", `${name} must be a whole number from ${least} to ${most}, not ${value}`);
    }
  }
  if (!["none", "key", "shard"].includes(settings.order)) {
    throw new ProducerError("INVALID", `order must be none, key or shard, not ${settings.order}`);
  }
  if (settings.aggregateBytesMax > settings.recordBytesMax) {
    throw new ProducerError("INVALID", "aggregateBytesMax must not be above recordBytesMax");
  }
  return settings;
}

function withoutUndefined<T extends object>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)) as Partial<T>;
}
