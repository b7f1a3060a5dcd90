/** A self-signed certificate for `up --tls`. The only file that knows `selfsigned`. */
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import type { TlsFiles } from "./cluster-plan.ts";

const VALID_DAYS = 825;
const DAY_MS = 86_400_000;

/** The pair under `dataDir`/tls, made once for localhost and 127.0.0.1. */
export async function selfSignedPair(dataDir: string): Promise<TlsFiles> {
  const directory = join(dataDir, "tls");
  const files = { certificateFile: join(directory, "cert.pem"), keyFile: join(directory, "key.pem") };
  if (existsSync(files.certificateFile) && existsSync(files.keyFile)) return files;
  const { generate } = await import("selfsigned");
  const pair = await generate([{ name: "commonName", value: "localhost" }], {
    keyType: "ec",
    algorithm: "sha256",
    notAfterDate: new Date(Date.now() + VALID_DAYS * DAY_MS),
    extensions: [
      // Not an authority: rustls refuses one as a server's certificate, and every client trusts the certificate itself.
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      {
        name: "subjectAltName",
        altNames: [
          { type: 2, value: "localhost" },
          { type: 7, ip: "127.0.0.1" },
        ],
      },
    ],
  });
  mkdirSync(directory, { recursive: true });
  writeFileSync(files.keyFile, pair.private, { mode: 0o600 });
  writeFileSync(files.certificateFile, pair.cert);
  return files;
}
