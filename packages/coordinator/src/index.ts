export type * from "./control/control-operation.ts";
export type * from "./state/cluster-state.ts";
