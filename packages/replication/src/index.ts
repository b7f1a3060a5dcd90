export * from "./peer-message.ts";
export * from "./replica-contract.ts";
export * from "./replica-state.ts";
