export { startGateway, type GatewayOptions, type RunningGateway } from "./start-gateway.ts";
export { defaultHttpLimits, type HttpLimits } from "./http/http-limits.ts";
