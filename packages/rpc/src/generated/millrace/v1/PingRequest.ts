// Original file: proto/millrace/v1/cluster.proto


export interface PingRequest {
}

export interface PingRequest__Output {
}
