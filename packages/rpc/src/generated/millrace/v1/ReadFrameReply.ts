// Original file: proto/millrace/v1/peer.proto


export interface ReadFrameReply {
  'frame'?: (Buffer | Uint8Array | string);
}

export interface ReadFrameReply__Output {
  'frame': (Buffer);
}
