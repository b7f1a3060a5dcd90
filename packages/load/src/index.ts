export { withGeneratedSection } from "./generated-section.ts";
export { GatewayClient, type CallAnswer } from "./verified/gateway-client.ts";
export { PutGaps } from "./verified/put-gaps.ts";
export { RawConnection } from "./http/raw-connection.ts";
export { encodeRequest } from "./http/raw-request.ts";
export { requestBody } from "./workloads/put-records.ts";
export { callUntilAnswered, listShards, type ListedShard } from "./verified/shard-list.ts";
export { VerifiedLoad, type VerifiedLoadOptions } from "./verified/verified-load.ts";
export type { StreamVerified } from "./verified/verify-stream.ts";
