import { describe, expect, test } from "vitest";
import { frameKind } from "@millrace/model";
import { LabScript, messages } from "./testing/lab-script.ts";

describe("replica", () => {
  test("the first leader opens, commits at two of three and brings all to one log", () => {
    const lab = LabScript.threeReplicas();
    expect(lab.replica("A").role).toBe("leading");
    lab.append("A", "v1");
    lab.append("A", "v2", frameKind.records, 3);
    expect(lab.replica("A").commitOffset).toBe(0);
    lab.settle();
    expect(lab.replica("A").commitOffset).toBe(4);
    expect(lab.sameLogs("A", "B", "C")).toBe(true);
    lab.pass(100);
    lab.settle();
    expect(lab.replica("B").commitOffset).toBe(4);
    expect(lab.messages).toHaveLength(0);
  });

  test("a peer that was cut off is fed from the log and then lives again", () => {
    const lab = LabScript.threeReplicas();
    lab.isolate("C");
    for (let index = 0; index < 20; index += 1) lab.append("A", `v${index}`);
    lab.settle();
    expect(lab.replica("A").commitOffset).toBe(20);
    lab.messages = [];
    lab.heal();
    lab.step("A", { type: "peerConnected", nodeId: "C" });
    lab.settle();
    expect(lab.replica("A").peerLag().get("C")).toBe(0);
    lab.append("A", "live");
    expect(lab.messages.filter(messages("append", { to: "C" }))).toHaveLength(1);
    lab.settle();
    expect(lab.sameLogs("A", "C")).toBe(true);
  });

  test("a set of one commits with its own durable write", () => {
    const lab = new LabScript(["A"]);
    lab.sealAll(1, ["A"]);
    lab.recover("A", 1, ["A"]);
    lab.settle();
    lab.append("A", "v");
    expect(lab.replica("A").commitOffset).toBe(0);
    lab.settle();
    expect(lab.replica("A").commitOffset).toBe(1);
  });
});
