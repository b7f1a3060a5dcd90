import { Sha256 } from "@aws-crypto/sha256-js";
import { sha256Hex } from "@millrace/base";
import { SignatureV4 } from "@smithy/signature-v4";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { SignedRequest } from "./canonical-request.ts";
import { deriveSigningKey, SigningKeyCache } from "./signing-key-cache.ts";
import { verifySignature } from "./verify-signature.ts";

const SECRET = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
const NOW_MS = Date.UTC(2015, 7, 30, 12, 36, 0);
const credentialsOf = (id: string): { secretAccessKey: string } | undefined =>
  id === "AKIDEXAMPLE" ? { secretAccessKey: SECRET } : undefined;

interface Draft {
  readonly method?: string;
  readonly query?: string;
  readonly body?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly authorization?: string;
}

function request(draft: Draft): SignedRequest {
  const signed = draft.authorization === undefined ? [] : ([["Authorization", draft.authorization]] as const);
  return {
    method: draft.method ?? "GET",
    path: "/",
    query: draft.query ?? "",
    headers: [...(draft.headers ?? []), ...signed],
    bodySha256Hex: sha256Hex(draft.body ?? ""),
  };
}

const host = ["Host", "example.amazonaws.com"] as const;
const date = ["X-Amz-Date", "20150830T123600Z"] as const;

function authorization(signature: string, signed = "host;x-amz-date", service = "service"): string {
  return `AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/${service}/aws4_request, SignedHeaders=${signed}, Signature=${signature}`;
}

function verify(draft: Draft, nowMs = NOW_MS, service = "service"): ReturnType<typeof verifySignature> {
  return verifySignature(request(draft), { credentialsOf, nowMs, service });
}

describe("AWS's published examples", () => {
  const headers = [host, date];
  const examples: [string, Draft, string, string?][] = [
    ["get-vanilla", { headers }, "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"],
    [
      "query order",
      { headers, query: "Param2=value2&Param1=value1" },
      "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500",
    ],
    [
      "utf8 query",
      { headers, query: "%E1%88%B4=bar" },
      "2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04",
    ],
    ["post-vanilla", { headers, method: "POST" }, "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"],
    [
      "header value trim",
      { headers: [host, ["My-Header1", " value1"], ["My-Header2", ' "a   b   c"'], date] },
      "acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736",
      "host;my-header1;my-header2;x-amz-date",
    ],
  ];
  test.each(examples)("%s", (_name, draft, signature, signed) => {
    const signedDraft = { ...draft, authorization: authorization(signature, signed) };
    expect(verify(signedDraft)).toEqual({ ok: { accessKeyId: "AKIDEXAMPLE", region: "us-east-1" } });
    const wrong = { ...draft, authorization: authorization(signature.replace(/^./, "0"), signed) };
    expect(verify(wrong)).toMatchObject({ error: { type: "InvalidSignatureException" } });
  });
});

describe("against the SDK's signer", () => {
  const signer = new SignatureV4({
    credentials: { accessKeyId: "AKIDEXAMPLE", secretAccessKey: SECRET },
    region: "eu-west-1",
    service: "kinesis",
    sha256: Sha256,
  });
  const signingKeys = new SigningKeyCache();
  const token = fc.stringMatching(/^[a-zA-Z][a-zA-Z0-9-]{0,8}$/);
  const headerValue = fc.stringMatching(/^[!-~]{0,6}( {0,3}[!-~]{1,6}){0,3}$/);
  const drafts = fc.record({
    body: fc.string(),
    extra: fc.dictionary(
      token.map((name) => `x-amz-${name.toLowerCase()}`),
      headerValue,
      { maxKeys: 4 },
    ),
    query: fc.dictionary(
      fc.string({ unit: "grapheme", minLength: 1, maxLength: 5 }),
      fc.string({ unit: "grapheme", maxLength: 5 }),
      { maxKeys: 3 },
    ),
    path: fc.array(fc.stringMatching(/^[a-zA-Z0-9%_.~ -]{1,6}$/), { maxLength: 3 }),
    presigned: fc.boolean(),
    signedAs: fc.constantFrom("host", ":authority"),
    arrivesAs: fc.constantFrom("host", ":authority"),
  });

  test("what it signs is accepted, and nothing else about the request may change", async () => {
    await fc.assert(
      fc.asyncProperty(drafts, async ({ body, extra, query, path, presigned, signedAs, arrivesAs }) => {
        const draft = {
          method: "POST",
          protocol: "http:",
          hostname: "localhost",
          path: `/${path.map(encodeURIComponent).join("/")}`,
          query,
          headers: { [signedAs]: "localhost:4567", ...extra },
          body,
        };
        const signingDate = new Date(NOW_MS);
        const signed = presigned
          ? await signer.presign(draft, { signingDate, expiresIn: 60 })
          : await signer.sign(draft, { signingDate });
        const arrived: SignedRequest = {
          method: signed.method,
          path: signed.path,
          query: Object.entries((signed.query ?? {}) as Record<string, string>)
            .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(value)}`)
            .join("&"),
          headers: Object.entries(signed.headers).map(([name, value]) => [name === signedAs ? arrivesAs : name, value]),
          bodySha256Hex: sha256Hex(body),
        };
        const settings = { credentialsOf, nowMs: NOW_MS + 1000, signingKeys };
        expect(verifySignature(arrived, settings)).toEqual({ ok: { accessKeyId: "AKIDEXAMPLE", region: "eu-west-1" } });
        const changes: Partial<SignedRequest>[] = [
          { bodySha256Hex: sha256Hex(`${body}x`) },
          { method: "PUT" },
          { path: `${arrived.path}/x` },
          { query: `${arrived.query}&x=y` },
          { headers: arrived.headers.map(([name, value]) => [name, name === arrivesAs ? "evil" : value]) },
        ];
        for (const change of changes) {
          expect(verifySignature({ ...arrived, ...change }, settings)).toMatchObject({
            error: { type: "InvalidSignatureException" },
          });
        }
      }),
      { numRuns: 60 },
    );
  });
});

const kinesis = (draft: Draft, nowMs?: number): { type?: string; message?: string } => {
  const result = verify(draft, nowMs, "kinesis");
  return "error" in result ? result.error : {};
};

describe("errors", () => {
  const signature = "0".repeat(64);

  test("neither, both, incomplete", () => {
    expect(kinesis({})).toMatchObject({
      type: "MissingAuthenticationTokenException",
      message: "Missing Authentication Token",
    });
    expect(kinesis({ authorization: "Bearer x" })).toMatchObject({ type: "MissingAuthenticationTokenException" });
    expect(kinesis({ authorization: "AWS4-", query: "X-Amz-Algorithm" }).message).toBe(
      "Found both 'X-Amz-Algorithm' as a query-string param and 'Authorization' as HTTP header.",
    );
    expect(kinesis({ authorization: "AWS4- Signature=b Credential=a" })).toMatchObject({
      type: "IncompleteSignatureException",
      message:
        "Authorization header requires 'SignedHeaders' parameter. Authorization header requires existence of either a 'X-Amz-Date' or a 'Date' header. Authorization=AWS4- Signature=b Credential=a",
    });
    expect(kinesis({ query: "X-Amz-Algorithm&X-Amz-Date=x" })).toMatchObject({
      type: "IncompleteSignatureException",
      message:
        "AWS query-string parameters must include 'X-Amz-Algorithm'. AWS query-string parameters must include 'X-Amz-Credential'. AWS query-string parameters must include 'X-Amz-Signature'. AWS query-string parameters must include 'X-Amz-SignedHeaders'. Re-examine the query-string parameters.",
    });
  });

  test("an operation that is not signed", () => {
    const claim = authorization(signature, undefined, "kinesis");
    const draft = {
      headers: [host, date, ["x-amz-TARGET", "Kinesis_20131202.DeleteStream"] as const],
      authorization: claim,
    };
    expect(kinesis(draft).message).toBe("'X-Amz-Target' must be a 'SignedHeader' in the AWS Authorization.");
  });

  test("scope", () => {
    const draft = { headers: [host, date], authorization: authorization(signature, undefined, "s3") };
    expect(kinesis(draft).message).toBe("Credential should be scoped to correct service: 'kinesis'.");
    const inRegion = verifySignature(
      request({ ...draft, authorization: authorization(signature, undefined, "kinesis") }),
      {
        credentialsOf,
        nowMs: NOW_MS,
        region: "eu-west-1",
      },
    );
    expect(inRegion).toMatchObject({
      error: { message: "Credential should be scoped to a valid region, not 'us-east-1'." },
    });
  });

  test("unknown key, clock late and early, wrong signature", () => {
    const draft = { headers: [host, date], authorization: authorization(signature, undefined, "kinesis") };
    expect(kinesis({ ...draft, authorization: draft.authorization.replace("AKIDEXAMPLE", "other") })).toMatchObject({
      type: "UnrecognizedClientException",
      message: "The security token included in the request is invalid.",
    });
    expect(kinesis(draft, NOW_MS + 300_001 + 999).message).toBe(
      "Signature expired: 20150830T123600Z is now earlier than 20150830T123601Z (20150830T124101Z - 5 min.)",
    );
    expect(kinesis(draft, NOW_MS - 301_000).message).toBe(
      "Signature not yet current: 20150830T123600Z is still later than 20150830T123559Z (20150830T123059Z + 5 min.)",
    );
    expect(kinesis(draft).message).toMatch(/^The request signature we calculated does not match/);
  });

  test("session tokens", () => {
    const draft = { headers: [host, date], authorization: authorization(signature, undefined, "kinesis") };
    const withToken = request({ ...draft, headers: [host, date, ["X-Amz-Security-Token", "t"]] });
    const session = (sessionToken: string, expiresMs: number): unknown =>
      verifySignature(withToken, {
        credentialsOf: () => ({ secretAccessKey: SECRET, sessionToken, expiresMs }),
        nowMs: NOW_MS,
      });
    // Of a key that has no sessions no token is right.
    expect(verifySignature(withToken, { credentialsOf, nowMs: NOW_MS })).toMatchObject({
      error: { type: "UnrecognizedClientException" },
    });
    expect(session("other", NOW_MS + 1)).toMatchObject({ error: { type: "UnrecognizedClientException" } });
    expect(session("t", NOW_MS)).toMatchObject({ error: { type: "ExpiredTokenException" } });
    expect(session("t", NOW_MS + 1)).toMatchObject({ error: { type: "InvalidSignatureException" } });
  });
});

test("remembered keys are the derived ones, also after more than fit", () => {
  const keys = new SigningKeyCache();
  const scopes = Array.from({ length: 600 }, (_, index) => ({
    secretAccessKey: `secret${index % 2}`,
    date: "20150830",
    region: `region${index >> 1}`,
    service: "kinesis",
  }));
  for (const scope of [...scopes, ...scopes]) expect(keys.keyOf(scope)).toEqual(deriveSigningKey(scope));
});
