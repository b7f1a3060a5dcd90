/** A process that appends and prints how far each shard is durable, until somebody kills it. Started by a test. */
import { recordsFrame, openTestStore } from "./store-fixture.ts";

const directory = process.argv[2] ?? "";
const store = await openTestStore(directory, { segmentBytes: 200_000 });
const ends = new Map([...store.recovered].map(([shardUid, { logEnd }]) => [shardUid, logEnd]));

function append(shardUid: number): void {
  const baseOffset = ends.get(shardUid) ?? 0;
  const text = `${shardUid}/${baseOffset}/`.repeat(1 + (baseOffset % 300));
  const frame = recordsFrame({ shardUid, baseOffset, recordCount: 1 + (baseOffset % 4), text });
  const end = baseOffset + frame.header.recordCount;
  ends.set(shardUid, end);
  const state = { kind: "state", shardUid, state: Buffer.from(String(end)) } as const;
  store.submit([{ kind: "frame", frame }, state], () => {
    process.stdout.write(`${shardUid} ${end}\n`);
    append(shardUid);
  });
}

for (let shardUid = 1; shardUid <= 8; shardUid += 1) append(shardUid);
