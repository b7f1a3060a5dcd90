import { encodeFrame, frameKind, type Frame } from "@millrace/model";
import fc from "fast-check";
import { expect, test } from "vitest";
import { encodeRecords } from "../testing/small-gateway.ts";
import { joinFrames, sliceFrames } from "./slice-frames.ts";

interface Made {
  readonly frames: Frame[];
  /** Bytes of key and data by offset; undefined where a trim record lies. */
  readonly sizes: (number | undefined)[];
}

/** Frames of records with data of the given lengths; an empty list makes a trim frame. */
function make(plan: readonly (readonly number[])[]): Made {
  const frames: Frame[] = [];
  const sizes: (number | undefined)[] = [];
  for (const lengths of plan) {
    const isTrim = lengths.length === 0;
    const { records, userBytes } = encodeRecords(lengths.map((length) => "d".repeat(length)));
    frames.push(
      encodeFrame({
        kind: isTrim ? frameKind.trim : frameKind.records,
        shardUid: 1,
        epoch: 1,
        recordCount: isTrim ? 1 : lengths.length,
        baseOffset: sizes.length,
        arrivalMs: 1,
        prevEpoch: 1,
        userBytes,
        appendIds: [],
        bodies: isTrim ? [Buffer.alloc(8)] : [records],
      }),
    );
    sizes.push(...(isTrim ? [undefined] : lengths.map((length) => length + 1)));
  }
  return { frames, sizes };
}

test("a slice is the longest run within the budget, never empty while records are there", () => {
  const plans = fc.array(fc.array(fc.nat(20), { maxLength: 5 }), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(plans, fc.nat(), fc.nat(12), fc.nat(120), (plan, seed, maxRecords, maxBytes) => {
      const { frames, sizes } = make(plan);
      const from = seed % sizes.length;
      const slice = sliceFrames(frames, from, sizes.length, { records: maxRecords, userBytes: maxBytes, empty: true });
      let [records, userBytes, end] = [0, 0, from];
      while (end < sizes.length) {
        const size = sizes[end];
        if (size !== undefined) {
          if (records > 0 && (records >= maxRecords || userBytes + size > maxBytes)) break;
          if (records === 0 && (maxRecords < 1 || size > maxBytes)) {
            records = 1;
            userBytes = size;
            end += 1;
            // An oversized first record used the budget up; only what carries no record may follow.
            while (end < sizes.length && sizes[end] === undefined) end += 1;
            break;
          }
          records += 1;
          userBytes += size;
        }
        end += 1;
      }
      expect({ end: slice.endOffset, records: slice.records, bytes: slice.userBytes }).toEqual({
        end,
        records,
        bytes: userBytes,
      });
    }),
  );
});

test("nothing beyond the commit offset is taken", () => {
  const { frames } = make([[1, 1], [1]]);
  const unlimited = { records: 100, userBytes: 1000, empty: true };
  expect(sliceFrames(frames, 0, 2, unlimited)).toMatchObject({ endOffset: 2, records: 2, full: false });
});

test("frames that lie one after the other are joined without a copy, others with one", () => {
  const { frames } = make([[1], [2], [3]]);
  const whole = Buffer.concat(frames.map(({ bytes }) => bytes));
  let position = 0;
  const adjacent = frames.map(({ header, bytes }) => {
    position += bytes.length;
    return { header, bytes: whole.subarray(position - bytes.length, position) };
  });
  expect(joinFrames(adjacent).buffer).toBe(whole.buffer);
  expect(joinFrames(adjacent)).toEqual(whole);
  expect(joinFrames(frames)).toEqual(whole);
});
