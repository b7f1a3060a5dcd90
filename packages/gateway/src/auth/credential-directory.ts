/** The access keys this gateway accepts, from the credentials file. */
import { ServiceError } from "@millrace/base";
import { readConfigFile } from "@millrace/runtime";

/** One accepted access key. */
export interface AccessKey {
  readonly accessKeyId: string;
  readonly secretAccessKey: string;
  /** 12 digits. */
  readonly accountId: string;
}

/** Access keys by id. Undefined instead of a directory: signatures are not verified. */
export type CredentialDirectory = ReadonlyMap<string, AccessKey>;

const ACCOUNT_ID = /^\d{12}$/;

/**
 * Reads a YAML or JSON file `{ credentials: [{ accessKeyId, secretAccessKey, accountId }] }`. Errors: USAGE, naming the
 * entry, never a secret.
 */
export async function readCredentialDirectory(path: string): Promise<CredentialDirectory> {
  const { credentials } = (await readConfigFile(path, "credentialsFile")) as { readonly credentials?: unknown };
  if (!Array.isArray(credentials)) throw new ServiceError("USAGE", `${path} must hold a list under "credentials"`);
  const directory = new Map<string, AccessKey>();
  credentials.forEach((entry: unknown, index) => {
    const { accessKeyId, secretAccessKey, accountId } = (entry ?? {}) as Partial<Record<keyof AccessKey, unknown>>;
    const account = typeof accountId === "number" ? String(accountId).padStart(12, "0") : accountId;
    const whole = typeof accessKeyId === "string" && typeof secretAccessKey === "string" && typeof account === "string";
    if (!whole || !ACCOUNT_ID.test(account)) {
      throw new ServiceError(
        "USAGE",
        `entry ${index + 1} of ${path} needs accessKeyId, secretAccessKey and an accountId of 12 digits`,
      );
    }
    directory.set(accessKeyId, { accessKeyId, secretAccessKey, accountId: account });
  });
  return directory;
}
