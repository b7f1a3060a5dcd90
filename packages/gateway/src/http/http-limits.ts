/** Limits of the public port. Every one is a setting; the defaults are here, with where they come from. */

const KIB = 1024;
const MIB = 1024 * KIB;

/** See the defaults for meaning and reason. */
export interface HttpLimits {
  readonly headerBytesMax: number;
  readonly headersMs: number;
  readonly requestMs: number;
  readonly replyMs: number;
  readonly keepAliveMs: number;
  readonly connectionsMax: number;
  readonly bodyBytesMax: number;
  readonly inFlightBytesMax: number;
  readonly sessionStreamsMax: number;
  readonly sessionStreamsPerSecondMax: number;
  readonly sessionResetsPerSecondMax: number;
}

/** What a gateway uses unless configured otherwise. */
export const defaultHttpLimits: HttpLimits = {
  /** All request headers together; Node answers 431 above. */
  headerBytesMax: 16 * KIB,
  /** From the first byte of a connection or request to the end of its headers. */
  headersMs: 10_000,
  /** From the first byte of a request to the last of its body. */
  requestMs: 30_000,
  /** A reader that does not take the next half megabyte of a reply within this is cut off. */
  replyMs: 60_000,
  /** An idle connection is closed after this long; above the 60 s of common load balancers. */
  keepAliveMs: 65_000,
  connectionsMax: 10_000,
  /** 10 MiB of records as base64 with their keys and JSON around them. */
  bodyBytesMax: 15 * MIB,
  /** Request bodies and unsent replies of the whole process. */
  inFlightBytesMax: 256 * MIB,
  sessionStreamsMax: 250,
  /** Guards against stream floods; the fastest clients measured open some 3,000 a second. */
  sessionStreamsPerSecondMax: 10_000,
  /** Guards against rapid reset (CVE-2023-44487); honest clients reset when they give up a subscription. */
  sessionResetsPerSecondMax: 200,
};
