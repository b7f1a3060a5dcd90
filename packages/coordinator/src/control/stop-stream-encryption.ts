/** StopStreamEncryption: records put from now on are plain. */
import type { ControlOperation } from "./control-operation.ts";
import { changeEncryption, type StreamEncryptionInput } from "./stream-encryption.ts";

/** See the file comment. */
export const stopStreamEncryption: ControlOperation<StreamEncryptionInput> = (state, input, context) =>
  changeEncryption(state, input, context, { operation: "StopStreamEncryption", encryptionKeyId: "" });
