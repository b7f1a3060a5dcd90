// Original file: proto/millrace/v1/cluster.proto


export interface FindActiveRequest {
}

export interface FindActiveRequest__Output {
}
