export { launchCluster, type LaunchedCluster, type LaunchOptions } from "./launch-cluster.ts";
export type { LaunchedProcess } from "./launched-process.ts";
export { etcdIsInstalled, launchEtcd, type LaunchedEtcd } from "./launch-etcd.ts";
export { ManualClock } from "./manual-clock.ts";
export { seededRandom } from "./seeded-random.ts";
export { temporaryDirectory, type TemporaryDirectory } from "./temporary-directory.ts";
