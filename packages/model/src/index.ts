export * from "./cluster-map.ts";
export * from "./frame.ts";
export * from "./record.ts";
export * from "./sequence-number.ts";
