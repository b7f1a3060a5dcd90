/**
 * Sequence numbers of records that follow one another in a frame. They differ by 2^80 each, so the next one is an
 * addition of decimal digits instead of 56 digits converted anew from a big integer for every record.
 */
import { recordSequenceNumber, type ShardSequenceBase } from "@millrace/model";

/** Digits of a limb: sums of two stay exact, and four limbs are the 56 digits. */
const LIMB_DIGITS = 14;
const LIMB = 1e14;
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
    return text;
  }
}

/** All 14 digits of a limb. */
function digits(limb: number): string {
  return String(LIMB + limb).slice(1);
}
