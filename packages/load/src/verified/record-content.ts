/**
 * Records whose bytes follow from their name, so that a checker needs to keep no bodies: key `PRODUCER-COUNT`, data = run
 * (4 bytes), producer (2), count (4), then filler drawn from all three. Big-endian.
 */

/** Records of one batch have counts from `batch * BATCH_MAX` on. */
export const BATCH_MAX = 32;

const HEADER_BYTES = 10;
const FILLER_MAX_BYTES = 700;

/** Which record: the run keeps apart what runs on the same stream put. */
export interface RecordName {
  readonly run: number;
  readonly producer: number;
  readonly count: number;
}

/** The partition key of a record. */
export function keyOf({ producer, count }: RecordName): string {
  return `${producer}-${count}`;
}

/** All bytes of a record's data. */
export function dataOf(name: RecordName): Buffer {
  let state = (Math.imul(name.run, 0x9e37_79b1) ^ Math.imul(name.producer + 1, 0x85eb_ca6b) ^ name.count) >>> 0;
  const data = Buffer.allocUnsafe(HEADER_BYTES + ((Math.imul(state, 0xc2b2_ae35) >>> 8) % FILLER_MAX_BYTES));
  data.writeUInt32BE(name.run, 0);
  data.writeUInt16BE(name.producer, 4);
  data.writeUInt32BE(name.count, 6);
  for (let at = HEADER_BYTES; at < data.length; at += 1) {
    // xorshift32: cheap, and every byte depends on the name.
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[at] = state & 0xff;
  }
  return data;
}

/** The name in a record's data; undefined unless key and every byte are as that name makes them. */
export function nameOf(key: string, data: Buffer): RecordName | undefined {
  if (data.length < HEADER_BYTES) return undefined;
  const name = { run: data.readUInt32BE(0), producer: data.readUInt16BE(4), count: data.readUInt32BE(6) };
  return keyOf(name) === key && dataOf(name).equals(data) ? name : undefined;
}
