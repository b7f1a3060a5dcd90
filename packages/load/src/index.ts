export { withGeneratedSection } from "./generated-section.ts";
export { GatewayClient, type CallAnswer } from "./verified/gateway-client.ts";
export type { LongestGaps } from "./verified/put-gaps.ts";
export { callUntilAnswered, listShards, type ListedShard } from "./verified/shard-list.ts";
export { VerifiedLoad, type VerifiedLoadOptions } from "./verified/verified-load.ts";
export type { StreamVerified } from "./verified/verify-stream.ts";
