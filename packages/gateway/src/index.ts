export { openGateway, type GatewayParts, type OpenGateway } from "./open-gateway.ts";
export type { HttpReply, HttpRequest, ReplySink, RequestHandler, StreamReply } from "./http/http-message.ts";
export { startGateway, type GatewayOptions, type RunningGateway } from "./start-gateway.ts";
export { defaultHttpLimits, type HttpLimits } from "./http/http-limits.ts";
