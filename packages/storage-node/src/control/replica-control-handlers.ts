/** ReplicaControl as a gRPC service: unary calls in, answers or a status out. */
import { ServiceError } from "@millrace/base";
import {
  grpcStatus,
  type PingReply,
  type ReplicaControlHandlers,
  type sendUnaryData,
  type ServerUnaryCall,
} from "@millrace/rpc";
import type { ReplicaControl } from "./replica-control.ts";

/** The handlers by method name. */
export function replicaControlHandlers(
  control: ReplicaControl,
  ping: () => Promise<PingReply>,
): ReplicaControlHandlers {
  return {
    CreateReplicas: unary((request) => control.createReplicas(request)),
    Seal: unary((request) => control.seal(request)),
    Recover: unary((request) => control.recover(request)),
    ConfirmOpen: unary((request) => control.confirmOpen(request)),
    SetLearners: unary((request) => control.setLearners(request)),
    HandOver: unary((request) => control.handOver(request)),
    DigestLog: unary((request) => control.digestLog(request)),
    ReadFrames: unary((request) => control.readFrames(request)),
    ImportFrames: unary((request) => control.importFrames(request)),
    CloseShards: unary((request) => control.closeShards(request)),
    ResumeReplicas: unary((request) => control.resumeReplicas(request)),
    DropReplicas: unary((request) => control.dropReplicas(request)),
    Ping: unary(() => ping()),
  };
}

/** A unary handler of an async function; failures become a gRPC status with our code in the details. */
export function unary<Request, Reply>(
  serve: (request: Request) => Promise<Reply>,
): (call: ServerUnaryCall<Request, Reply>, callback: sendUnaryData<Reply>) => void {
  return (call, callback) => {
    new Promise<Reply>((resolve) => {
      resolve(serve(call.request));
    }).then(
      (reply) => callback(null, reply),
      (thrown: unknown) => {
        const error = ServiceError.from(thrown);
        callback({ code: grpcCodeOf(error), details: error.message });
      },
    );
  };
}

function grpcCodeOf(error: ServiceError): grpcStatus {
  if (error.code === "CONFLICT") return grpcStatus.FAILED_PRECONDITION;
  return error.code === "DEADLINE" ? grpcStatus.DEADLINE_EXCEEDED : grpcStatus.INTERNAL;
}
