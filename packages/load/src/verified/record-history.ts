/**
 * Everything producers sent and were told, in 9 bytes a record: whether it was sent, whether it was acknowledged, and a
 * 53-bit hash of the shard and sequence number it was acknowledged with.
 */
import { assert } from "@millrace/base";
import type { RecordName } from "./record-content.ts";

const SENT = 1;
const ACKNOWLEDGED = 2;
const FIRST_CAPACITY = 4_096;
/** 16 million records of one producer are more than a week of chaos. */
const COUNT_MAX = 16 * 1024 * 1024;
const VIOLATIONS_MAX = 100;

interface ProducerRecords {
  states: Uint8Array;
  marks: Float64Array;
  /** One above the highest count sent. */
  end: number;
}

/** See the file comment. Violations of any promise are collected here, the first hundred in words. */
export class RecordHistory {
  readonly run: number;
  readonly violations: string[] = [];
  violationCount = 0;
  sentCount = 0;
  acknowledgedCount = 0;
  readonly #producers: ProducerRecords[];

  constructor(run: number, producers: number) {
    this.run = run;
    this.#producers = Array.from({ length: producers }, () => ({
      states: new Uint8Array(FIRST_CAPACITY),
      marks: new Float64Array(FIRST_CAPACITY),
      end: 0,
    }));
  }

  /** Notes that a record is about to be sent. */
  sent(producer: number, count: number): void {
    const records = this.#roomFor(producer, count);
    records.states[count] = SENT;
    records.end = Math.max(records.end, count + 1);
    this.sentCount += 1;
  }

  /** Notes an acknowledgement; true when it is the first. A repeat must say the same as the first time. */
  acknowledged(producer: number, count: number, shardId: string, number: string): boolean {
    const records = this.#roomFor(producer, count);
    const mark = hash53(`${shardId}/${number}`);
    if (((records.states[count] ?? 0) & ACKNOWLEDGED) !== 0) {
      if (records.marks[count] !== mark) {
        this.violate(`record ${producer}-${count} was acknowledged again as ${shardId} ${number}, before as another`);
      }
      return false;
    }
    records.states[count] = (records.states[count] ?? 0) | ACKNOWLEDGED;
    records.marks[count] = mark;
    this.acknowledgedCount += 1;
    return true;
  }

  /** Checks a record that was read: it was sent, and what was acknowledged has the number of the acknowledgement. */
  read({ run, producer, count }: RecordName, shardId: string, number: string): void {
    const records = this.#producers[producer];
    const state = records?.states[count] ?? 0;
    if (run !== this.run || records === undefined || (state & SENT) === 0) {
      return this.violate(`invented: ${producer}-${count} of run ${run} in ${shardId} at ${number} was never put`);
    }
    if ((state & ACKNOWLEDGED) !== 0 && records.marks[count] !== hash53(`${shardId}/${number}`)) {
      this.violate(`renumbered: ${producer}-${count} is in ${shardId} at ${number}, acknowledged elsewhere`);
    }
  }

  /** Producers with one above the highest count each has sent. */
  ends(): number[] {
    return this.#producers.map(({ end }) => end);
  }

  isAcknowledged(producer: number, count: number): boolean {
    return ((this.#producers[producer]?.states[count] ?? 0) & ACKNOWLEDGED) !== 0;
  }

  violate(words: string): void {
    this.violationCount += 1;
    if (this.violations.length < VIOLATIONS_MAX) this.violations.push(words);
  }

  #roomFor(producer: number, count: number): ProducerRecords {
    assert(count < COUNT_MAX, "a producer's history is bounded");
    const records = this.#producers[producer];
    assert(records !== undefined, "producers are numbered from 0");
    if (count >= records.states.length) {
      const capacity = Math.max(records.states.length * 2, count + 1);
      const states = new Uint8Array(capacity);
      states.set(records.states);
      const marks = new Float64Array(capacity);
      marks.set(records.marks);
      records.states = states;
      records.marks = marks;
    }
    return records;
  }
}

/** Two 32-bit multiplicative hashes of the characters, mixed into one number below 2^53. */
export function hash53(text: string, seed = 0): number {
  let [high, low] = [0xdead_beef ^ seed, 0x41c6_ce57 ^ seed];
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    high = Math.imul(high ^ code, 0x9e37_79b1);
    low = Math.imul(low ^ code, 0x5f35_6495);
  }
  high = Math.imul(high ^ (high >>> 16), 0x85eb_ca6b) ^ Math.imul(low ^ (low >>> 13), 0xc2b2_ae35);
  low = Math.imul(low ^ (low >>> 16), 0x85eb_ca6b) ^ Math.imul(high ^ (high >>> 13), 0xc2b2_ae35);
  return 0x1_0000_0000 * (0x1f_ffff & low) + (high >>> 0);
}
