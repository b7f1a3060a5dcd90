export { startStorageNode, type RunningStorageNode, type StorageNodeOptions } from "./start-storage-node.ts";
