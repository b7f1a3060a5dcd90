export * from "./initial-replica-state.ts";
export * from "./peer-message.ts";
export { createReplica } from "./replica.ts";
export * from "./replica-contract.ts";
export * from "./replica-state-codec.ts";
export * from "./replica-state.ts";
