/**
 * Sequence numbers of records that follow one another in a frame. They differ by 2^80 each, so the next one is an
 * addition of decimal digits instead of 56 digits converted anew from a big integer for every record.
 */
import { recordSequenceNumber, type ShardSequenceBase } from "@millrace/model";

/** Digits of a limb: sums of two stay exact, and four limbs are the 56 digits. */
const LIMB_DIGITS = 14;
const LIMB = 1e14;
/** Half a limb: numbers below it are divided as 32-bit integers. */
const HALF_DIGITS = 7;
const HALF = 1e7;
const ZERO = 0x30;
/** Characters of a sequence number. */
export const SEQUENCE_NUMBER_DIGITS: number = 4 * LIMB_DIGITS;
/** 2^80, the distance of neighbours, in limbs. */
const STEP_LOW = 14_629_174_706_176;
const STEP_HIGH = 12_089_258_196;

/** The numbers of consecutive offsets that arrived at one time. */
export class SequenceNumberRun {
  #limb0: number;
  #limb1: number;
  #limb2: number;
  #limb3: number;

  constructor(shard: ShardSequenceBase, firstOffset: number, arrivalMs: number) {
    const first = recordSequenceNumber(shard, firstOffset, arrivalMs);
    const limb = (index: number): number =>
      Number(first.slice(first.length - LIMB_DIGITS * (index + 1), first.length - LIMB_DIGITS * index));
    this.#limb0 = limb(0);
    this.#limb1 = limb(1);
    this.#limb2 = limb(2);
    this.#limb3 = limb(3);
  }

  /** The number of the next record, the first one's at the first call. 56 digits. */
  next(): string {
    const text = `${this.#limb3}${digits(this.#limb2)}${digits(this.#limb1)}${digits(this.#limb0)}`;
    this.#step();
    return text;
  }

  /** The same as {@link SequenceNumberRun.next}, as ASCII digits at `target[at]`, which costs no string. */
  writeNext(target: Uint8Array, at: number): void {
    writeDigits(target, at, this.#limb3);
    writeDigits(target, at + LIMB_DIGITS, this.#limb2);
    writeDigits(target, at + 2 * LIMB_DIGITS, this.#limb1);
    writeDigits(target, at + 3 * LIMB_DIGITS, this.#limb0);
    this.#step();
  }

  #step(): void {
    this.#limb0 += STEP_LOW;
    this.#limb1 += STEP_HIGH;
    if (this.#limb0 >= LIMB) {
      this.#limb0 -= LIMB;
      this.#limb1 += 1;
    }
    if (this.#limb1 >= LIMB) {
      this.#limb1 -= LIMB;
      this.#limb2 += 1;
    }
    if (this.#limb2 >= LIMB) {
      this.#limb2 -= LIMB;
      this.#limb3 += 1;
    }
  }
}

/** All 14 digits of a limb. */
function digits(limb: number): string {
  return String(LIMB + limb).slice(1);
}

function writeDigits(target: Uint8Array, at: number, limb: number): void {
  const high = Math.floor(limb / HALF);
  writeHalf(target, at, high);
  writeHalf(target, at + HALF_DIGITS, limb - high * HALF);
}

function writeHalf(target: Uint8Array, at: number, half: number): void {
  let rest = half | 0;
  for (let index = at + HALF_DIGITS - 1; index >= at; index -= 1) {
    const tens = (rest / 10) | 0;
    target[index] = ZERO + rest - tens * 10;
    rest = tens;
  }
}
