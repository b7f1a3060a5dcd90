/** Records of the metadata as entries of the cluster map. */
import type { ConsumerEntry, NodeEntry, ShardEntry, StreamEntry } from "@millrace/model";
import type { ConsumerRecord, NodeRecord, ShardRecord, StreamRecord } from "../state/cluster-state.ts";

/** `alive` is not stored: it is what the failure detector holds. */
export function nodeEntry(node: NodeRecord, alive: boolean): NodeEntry {
  return { nodeId: node.nodeId, zone: node.zone, address: node.address, alive };
}

/** What the data path needs of a stream. */
export function streamEntry(stream: StreamRecord): StreamEntry {
  return {
    streamUid: stream.streamUid,
    accountId: stream.accountId,
    region: stream.region,
    name: stream.name,
    status: stream.status,
    createdMs: stream.createdMs,
    mode: stream.mode,
    retentionHours: stream.retentionHours,
    maxRecordBytes: stream.maxRecordSizeInKiB * 1024,
    autoDistribution: stream.distribution === "AUTO",
    shardMetrics: stream.shardMetrics,
    encryptionKeyId: stream.encryptionKeyId,
  };
}

/** Undefined for a shard that is being dropped: it is not in the map. */
export function shardEntry(shard: ShardRecord): ShardEntry | undefined {
  if (shard.state === "dropping") return undefined;
  return {
    shardUid: shard.shardUid,
    streamUid: shard.streamUid,
    shardIndex: shard.shardIndex,
    startingHashKey: shard.startingHashKey,
    endingHashKey: shard.endingHashKey,
    state: shard.state === "ready" ? "creating" : shard.state,
    createdSeconds: shard.createdSeconds,
    closedMs: shard.closedMs,
    endOffset: shard.endOffset,
    parentShardUids: shard.parentShardUids,
    epoch: shard.epoch,
    leader: shard.leader,
    replicas: shard.set,
  };
}

/** A registered consumer. */
export function consumerEntry(consumer: ConsumerRecord): ConsumerEntry {
  const { consumerArn, streamUid, name, status, createdMs } = consumer;
  return { consumerArn, streamUid, name, status, createdMs };
}
