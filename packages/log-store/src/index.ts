export * from "./log-store-contract.ts";
