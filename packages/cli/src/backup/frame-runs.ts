import { decodeFrameHeader, frameKind } from "@millrace/model";

/** Where in a run of whole frames a close record begins: its position in the bytes and its offset; undefined without one. */
export function closeFrameStart(frames: Buffer): { readonly position: number; readonly offset: number } | undefined {
  for (let position = 0; position < frames.length;) {
    const header = decodeFrameHeader(frames, position);
    if (header === undefined) return undefined;
    if (header.kind === frameKind.close) return { position, offset: header.baseOffset };
    position += header.lengthBytes;
  }
  return undefined;
}

/** Cuts a run of whole frames into runs of at most `bytesMax`, but at least one frame. Undefined when it is damaged. */
export function cutFrames(frames: Buffer, bytesMax: number): Buffer[] | undefined {
  const runs: Buffer[] = [];
  let start = 0;
  let position = 0;
  while (position < frames.length) {
    const header = decodeFrameHeader(frames, position);
    if (header === undefined) return undefined;
    const end = position + header.lengthBytes;
    if (end - start > bytesMax && position > start) {
      runs.push(frames.subarray(start, position));
      start = position;
    }
    position = end;
  }
  if (position > start) runs.push(frames.subarray(start, position));
  return runs;
}
