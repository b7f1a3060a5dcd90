import { encodeFrame, frameKind, type FrameKind } from "@millrace/model";
import { expect, test } from "vitest";
import { closeFrameStart, cutFrames } from "./frame-runs.ts";

function frame(baseOffset: number, kind: FrameKind = frameKind.records, bodyBytes = 36): Buffer {
  const place = { shardUid: 1, epoch: 1, recordCount: 1, baseOffset, arrivalMs: 0, prevEpoch: 1, userBytes: 0 };
  return encodeFrame({ kind, ...place, appendIds: [], bodies: [Buffer.alloc(bodyBytes)] }).bytes;
}

test("a close record is found by its place and offset", () => {
  const frames = [frame(5), frame(6), frame(7, frameKind.close)];
  expect(closeFrameStart(Buffer.concat(frames))).toEqual({ position: 200, offset: 7 });
  expect(closeFrameStart(Buffer.concat(frames.slice(0, 2)))).toBeUndefined();
  expect(closeFrameStart(Buffer.alloc(0))).toBeUndefined();
});

test("runs are cut between frames, each as long as allowed and at least one frame", () => {
  const frames = Buffer.concat([frame(0), frame(1), frame(2), frame(3, frameKind.records, 936), frame(4)]);
  expect(cutFrames(frames, 250)?.map((run) => run.length)).toEqual([200, 100, 1000, 100]);
  expect(Buffer.concat(cutFrames(frames, 250) ?? []).equals(frames)).toBe(true);
  expect(cutFrames(Buffer.alloc(0), 250)).toEqual([]);
  const damaged = Buffer.from(frames);
  damaged[110] = 255;
  expect(cutFrames(damaged, 250)).toBeUndefined();
});
