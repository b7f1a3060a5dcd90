import { runProcess } from "@millrace/runtime";
import { startStorageNode } from "./start-storage-node.ts";

await runProcess("storage-node", startStorageNode);
