/** StartStreamEncryption: records put from now on are marked as encrypted with KeyId, which is echoed as given. */
import type { ControlOperation } from "./control-operation.ts";
import { changeEncryption, type StreamEncryptionInput } from "./stream-encryption.ts";

/** See the file comment. */
export const startStreamEncryption: ControlOperation<StreamEncryptionInput> = (state, input, context) =>
  changeEncryption(state, input, context, { operation: "StartStreamEncryption", encryptionKeyId: input.KeyId });
