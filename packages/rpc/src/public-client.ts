/** A client of the public gRPC service: unary calls, plain messages, failures as values. */
import { credentials, Metadata, type ClientUnaryCall, type ServiceError as GrpcError } from "@grpc/grpc-js";
import { channelOptions } from "./channel-options.ts";
import { publicDefinition, publicKinesis } from "./public-service.ts";
import type { PublicAnswer, PublicMessage } from "./serve-public-grpc.ts";

/** How a connection is made. Without `rootCertificates` (PEM) it is in clear text. */
export interface PublicClientOptions {
  readonly rootCertificates?: Uint8Array;
}

/** Of one call. */
export interface PublicCallOptions {
  readonly metadata?: Readonly<Record<string, string>>;
  /** Aborting it cancels the call, which then fails with status 1 (CANCELLED). The caller sets the deadline in this way. */
  readonly signal?: AbortSignal;
}

/** One connection, shared by all calls. */
export interface PublicGrpcClient {
  /** Calls a unary method of `kinesis.proto` by its name there. Never rejects. */
  call(method: string, request: PublicMessage, options?: PublicCallOptions): Promise<PublicAnswer>;
  close(): void;
}

type UnaryMethod = (
  request: PublicMessage,
  metadata: Metadata,
  callback: (error: GrpcError | null, reply?: PublicMessage) => void,
) => ClientUnaryCall;

/** A client of the service at `address` (host:port). Connects with the first call. */
export function publicGrpcClient(address: string, options: PublicClientOptions = {}): PublicGrpcClient {
  const { rootCertificates } = options;
  const channel =
    rootCertificates === undefined
      ? credentials.createInsecure()
      : credentials.createSsl(Buffer.from(rootCertificates));
  const client = new (publicKinesis(publicDefinition()))(address, channel, channelOptions);
  return {
    call(method, request, { metadata = {}, signal } = {}) {
      const unary = client[method] as UnaryMethod | undefined;
      if (unary === undefined) {
        return Promise.resolve({ failure: { code: 12, details: `no method ${method}`, trailers: {} } });
      }
      return new Promise((resolve) => {
        const sent = new Metadata();
        for (const [key, value] of Object.entries(metadata)) sent.set(key, value);
        const call = unary.call(client, request, sent, (error, reply) => {
          signal?.removeEventListener("abort", cancel);
          if (error === null) resolve({ message: reply ?? {} });
          else resolve({ failure: { code: error.code, details: error.details, trailers: textOf(error.metadata) } });
        });
        const cancel = (): void => call.cancel();
        if (signal?.aborted === true) cancel();
        else signal?.addEventListener("abort", cancel, { once: true });
      });
    },
    close: () => client.close(),
  };
}

/** Errors that never reached a server carry no metadata. */
function textOf(metadata: Metadata | undefined): Record<string, string> {
  const entries = Object.entries(metadata?.getMap() ?? {});
  return Object.fromEntries(entries.map(([key, value]) => [key, value.toString()]));
}
