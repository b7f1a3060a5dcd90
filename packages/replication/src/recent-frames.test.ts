import { expect, test } from "vitest";
import type { FrameHeader } from "@millrace/model";
import { RecentFrames } from "./recent-frames.ts";
import { labFrame } from "./testing/replica-lab.ts";

test("finds the frame that holds an offset, forgets the oldest and what was cut", () => {
  const recent = new RecentFrames();
  for (let index = 0; index < 300; index += 1) recent.push(header(index * 2));
  expect(recent.find(599)?.baseOffset).toBe(598);
  expect(recent.find(400)?.baseOffset).toBe(400);
  expect(recent.find(600)).toBeUndefined();
  expect(recent.find(10)).toBeUndefined();
  recent.cut(500);
  expect(recent.find(500)).toBeUndefined();
  expect(recent.find(499)?.baseOffset).toBe(498);
  recent.push(header(500));
  expect(recent.find(501)?.baseOffset).toBe(500);
});

function header(baseOffset: number): FrameHeader {
  return labFrame({ epoch: 1, prevEpoch: 1, baseOffset, recordCount: 2, kind: 1, arrivalFloorMs: 0 }).header;
}
