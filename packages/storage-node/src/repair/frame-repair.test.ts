import { afterEach, expect, test, vi } from "vitest";
import { ThreeNodes } from "../testing/three-nodes.ts";

vi.setConfig({ testTimeout: 30_000, hookTimeout: 30_000 });

let nodes: ThreeNodes;
afterEach(() => nodes.close());

test("damage found by scrubbing is repaired from other members, at leader and peers alike, and stays repaired", async () => {
  nodes = await ThreeNodes.start({ scrubEveryMs: 50 });
  const [leader, peer, other] = nodes.ids;
  for (const text of ["first-record", "second-record", "third-record"]) {
    expect(await nodes.to(leader).append(1, [text])).toMatchObject({ status: "STATUS_OK" });
  }
  // No frame is sound on every node, and every frame is sound somewhere.
  expect(await nodes.damage(leader, "first-record")).toBe(1);
  expect(await nodes.damage(peer, "second-record")).toBe(1);
  expect(await nodes.damage(peer, "first-record")).toBe(1);
  const repaired = (id: string) => (): Promise<number> => nodes.metric(id, "frames_repaired_total");
  await expect.poll(repaired(leader), { timeout: 20_000 }).toBe(1);
  await expect.poll(repaired(peer), { timeout: 20_000 }).toBe(2);
  expect(await repaired(other)()).toBe(0);
  const { texts } = await nodes.to(leader).read({ shardUid: 1, fromOffset: 0 });
  expect(texts).toEqual(["first-record", "second-record", "third-record"]);
});
