/**
 * The 16 bytes by which a leader recognises an append that is sent again. From the invocation id of an SDK, which keeps it
 * over its own retries, the same bytes come out every time; without one they are the gateway's own, and serve only its
 * own repeats.
 */
import { md5, writeUint64, type Random } from "@millrace/base";

/** What an id is made of beside the invocation. */
export interface IdentifiedAppend {
  readonly indices: readonly number[];
  readonly recordsCrc: number;
}

/** See the file comment. One per gateway: its own ids are a random prefix and a count. */
export class AppendIds {
  readonly #prefix: Buffer;
  #next = 0;

  constructor(random: Random) {
    this.#prefix = Buffer.from(random.bytes(8));
  }

  /**
   * The id of an append. Count and checksum are part of a client's, so that one that sends the same invocation id for
   * ever still stores different records.
   */
  idOf(invocationId: string | undefined, { indices, recordsCrc }: IdentifiedAppend): Buffer {
    if (invocationId !== undefined) return md5(`${invocationId}/${indices[0] ?? 0}/${indices.length}/${recordsCrc}`);
    const id = Buffer.allocUnsafe(16);
    this.#prefix.copy(id);
    writeUint64(id, this.#next, 8);
    this.#next += 1;
    return id;
  }
}
