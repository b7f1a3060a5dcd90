export { serveAdmin, type AdminOptions, type AdminServer, type Health, type HealthAnswer } from "./admin-server.ts";
export { readConfigFile } from "./config-file.ts";
export { describeConfig, loadConfig, type ConfigSources, type EffectiveValue } from "./load-config.ts";
export { createLogger, type LogFields, type Logger, type LoggerOptions, type LogLevel } from "./logger.ts";
export {
  latencyBucketsSeconds,
  MetricsRegistry,
  type Counter,
  type Gauge,
  type Histogram,
  type HistogramOptions,
  type MetricOptions,
} from "./metrics-registry.ts";
export { productVersion } from "./product-version.ts";
export {
  defaultConfig,
  type CommonConfig,
  type CoordinatorConfig,
  type GatewayConfig,
  type RoleConfigs,
  type StorageNodeConfig,
} from "./role-config.ts";
export { realClock, realRandom } from "@millrace/base";
export {
  exitCodes,
  runProcess,
  type ProcessContext,
  type ReadyMessage,
  type ReadyReport,
  type RunningProcess,
} from "./run-process.ts";
export {
  environmentName,
  flagName,
  roles,
  settings,
  settingsOf,
  type Role,
  type Setting,
  type SettingKind,
} from "./settings.ts";
