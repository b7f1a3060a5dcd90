/** The receiving side of the Peer service: one stream per peer and lane. */
import type { Clock } from "@millrace/base";
import type { PeerBatch, PeerBatch__Output, ServerDuplexStream } from "@millrace/rpc";
import type { Logger } from "@millrace/runtime";
import type { Lane } from "../replica/replica-host.ts";
import { LaneWriter } from "./lane-writer.ts";
import { helloOf, refusalOf, type PeerIdentity } from "./peer-hello.ts";
import type { PeerLinks } from "./peer-links.ts";

/**
 * Frames received and not yet durable above which streams are not read: the disk sets the pace. Copies stop at a journal
 * batch's worth, so that live frames never wait behind more of them.
 */
const UNDURABLE_BYTES_MAX: Readonly<Record<Lane, number>> = {
  control: 64 * 1024 * 1024,
  live: 64 * 1024 * 1024,
  catchUp: 8 * 1024 * 1024,
};
const RESUME_CHECK_MS = 10;

/** What the service works with. */
export interface PeerServiceParts {
  readonly clock: Clock;
  readonly logger: Logger;
  readonly identity: PeerIdentity;
  readonly links: PeerLinks;
  readonly undurableBytes: () => number;
  /** Answers false when the stream is to be ended. */
  readonly onBatch: (from: string, batch: PeerBatch__Output) => boolean;
}

type Call = ServerDuplexStream<PeerBatch__Output, PeerBatch>;

/** Serves one stream until either side ends it. */
export function servePeerStream(parts: PeerServiceParts, call: Call): void {
  const lane = laneOf(call);
  const undurableBytesMax = UNDURABLE_BYTES_MAX[lane ?? "catchUp"];
  let from: string | undefined;
  const writer = new LaneWriter(end);
  call.on("data", (batch: PeerBatch__Output) => {
    if (from === undefined) {
      from = greet(batch);
      if (from === undefined) return end();
    }
    if (!parts.onBatch(from, batch)) return end();
    if (parts.undurableBytes() > undurableBytesMax) pause();
  });
  call.on("end", end);
  call.on("error", end);
  call.on("cancelled", end);

  function greet(batch: PeerBatch__Output): string | undefined {
    const refusal = batch.hello ? refusalOf(batch.hello, parts.identity, undefined) : "no hello";
    if (refusal !== undefined || !batch.hello || lane === undefined) {
      parts.logger.warn({ refusal, lane }, "refused a peer stream");
      return undefined;
    }
    const { nodeId } = batch.hello;
    call.write({ hello: helloOf(parts.identity) });
    writer.attach(call);
    parts.links.addIncoming(nodeId, lane, writer);
    // Whoever reaches us can probably be reached again.
    parts.links.retryNow();
    return nodeId;
  }
  function pause(): void {
    call.pause();
    parts.clock.schedule(RESUME_CHECK_MS, () => {
      if (parts.undurableBytes() > undurableBytesMax) pause();
      else call.resume();
    });
  }
  function end(): void {
    if (from !== undefined && lane !== undefined) parts.links.removeIncoming(from, lane, writer);
    writer.close();
    call.end();
  }
}

function laneOf(call: Call): Lane | undefined {
  const [lane] = call.metadata.get("lane");
  return lane === "control" || lane === "live" || lane === "catchUp" ? lane : undefined;
}
