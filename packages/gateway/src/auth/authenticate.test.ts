import { Sha256 } from "@aws-crypto/sha256-js";
import { SignatureV4 } from "@smithy/signature-v4";
import { expect, test } from "vitest";
import type { HttpRequest } from "../http/http-message.ts";
import { authenticate } from "./authenticate.ts";

const NOW_MS = Date.UTC(2026, 10, 20, 19);
const KEY = { accessKeyId: "AKIDX", secretAccessKey: "secret", accountId: "111122223333" };
const directory = new Map([[KEY.accessKeyId, KEY]]);

/** Signs as AWS's SDK does, with the host under `hostName`, and gives what the port hands on. */
async function signed(hostName: "host" | ":authority"): Promise<HttpRequest> {
  const signer = new SignatureV4({ credentials: KEY, region: "eu-west-1", service: "kinesis", sha256: Sha256 });
  const body = Buffer.from("{}");
  const { headers } = await signer.sign(
    {
      method: "POST",
      protocol: "http:",
      hostname: "example.test",
      path: "/",
      headers: { [hostName]: "example.test", "content-type": "application/x-amz-json-1.1" },
      body,
    },
    { signingDate: new Date(NOW_MS) },
  );
  const rawHeaders = Object.entries(headers).flatMap(([name, value]) => [name === ":authority" ? "host" : name, value]);
  return { requestId: "r", method: "POST", target: "/", rawHeaders, body, receivedMs: 0 };
}

function headersOf({ rawHeaders }: HttpRequest): Record<string, string> {
  const headers: Record<string, string> = {};
  for (let index = 0; index < rawHeaders.length; index += 2)
    headers[rawHeaders[index] ?? ""] = rawHeaders[index + 1] ?? "";
  return headers;
}

test.each(["host", ":authority"] as const)("a request that signs %s is its account's", async (hostName) => {
  const request = await signed(hostName);
  expect(authenticate(request, headersOf(request), directory, NOW_MS, "us-east-1")).toEqual({
    ok: { accountId: KEY.accountId, region: "eu-west-1", principalArn: `arn:aws:iam::${KEY.accountId}:root` },
  });
});

test.each(["host", ":authority"] as const)("another %s than the signed one is refused", async (hostName) => {
  const request = await signed(hostName);
  const rawHeaders = request.rawHeaders.map((part) => (part === "example.test" ? "evil.test" : part));
  const forged = { ...request, rawHeaders };
  expect(authenticate(forged, headersOf(forged), directory, NOW_MS, "us-east-1")).toMatchObject({
    error: { type: "InvalidSignatureException" },
  });
});

test("without a directory any well-formed claim is taken, and 12 digits name the account", async () => {
  const request = await signed("host");
  const headers = headersOf(request);
  expect(authenticate(request, headers, undefined, NOW_MS, "us-east-1")).toMatchObject({
    ok: { accountId: "000000000000" },
  });
  const authorization = (headers["authorization"] ?? "").replace("AKIDX", "123456789012");
  expect(authenticate(request, { ...headers, authorization }, undefined, NOW_MS, "us-east-1")).toMatchObject({
    ok: { accountId: "123456789012" },
  });
});
