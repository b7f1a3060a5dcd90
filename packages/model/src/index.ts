export * from "./cluster-map.ts";
export * from "./frame.ts";
export * from "./record.ts";
export * from "./sequence-number.ts";
export * from "./hash-range.ts";
export * from "./shard-id.ts";
export * from "./token-bucket.ts";
export * from "./uniform-scaling.ts";
