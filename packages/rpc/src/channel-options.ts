/**
 * Settings of every gRPC connection of the cluster. The 1 MiB flow-control window doubled throughput over the default
 * when measured (docs/benchmarks.md); larger windows did not help.
 */
import type { ChannelOptions } from "@grpc/grpc-js";

/** Largest message either side takes: a 10 MiB record or read with its framing. */
export const MESSAGE_BYTES_MAX: number = 24 * 1024 * 1024;

/** Options shared by servers and clients. */
export const channelOptions: ChannelOptions = {
  "grpc-node.flow_control_window": 1024 * 1024,
  "grpc.max_receive_message_length": MESSAGE_BYTES_MAX,
  "grpc.max_send_message_length": MESSAGE_BYTES_MAX,
  "grpc.keepalive_time_ms": 2000,
  "grpc.keepalive_timeout_ms": 2000,
  "grpc.keepalive_permit_without_calls": 1,
  "grpc.initial_reconnect_backoff_ms": 100,
  "grpc.min_reconnect_backoff_ms": 100,
  "grpc.max_reconnect_backoff_ms": 1000,
  "grpc.enable_retries": 0,
};
