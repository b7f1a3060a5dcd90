/** The port with `up --tls`, as clients of different habits meet it. */
import { X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { request as requestHttp1 } from "node:http";
import { connect as connectHttp2, type ClientHttp2Session } from "node:http2";
import { connect as connectTls, type TLSSocket } from "node:tls";
import { afterAll, beforeAll, expect, test } from "vitest";
import { launchCluster, type LaunchedCluster } from "@millrace/testkit";

let cluster: LaunchedCluster;
let ca: Buffer;

beforeAll(async () => {
  cluster = await launchCluster({ single: true, tls: true });
  ca = readFileSync(cluster.certificateFile ?? "");
});

afterAll(async () => {
  await cluster.stop();
});

const headers = { "content-type": "application/x-amz-json-1.1", "x-amz-target": "Kinesis_20131202.ListStreams" };
/** The cluster wants a signature and these requests have none: any answer of its own will do. */
const ANSWER = /MissingAuthenticationToken|StreamNames/;

/** A connection that says `protocols` in its handshake; none leaves the extension out. */
function connect(protocols?: string[]): TLSSocket {
  const { hostname, port } = new URL(cluster.endpoint);
  const ALPNProtocols = protocols === undefined ? {} : { ALPNProtocols: protocols };
  return connectTls({ host: hostname, port: Number(port), servername: "localhost", ca, ...ALPNProtocols });
}

function overHttp2(session: ClientHttp2Session): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    session.on("error", reject);
    const stream = session.request({ ":method": "POST", ":path": "/", ...headers });
    let text = "";
    stream.on("data", (chunk: Buffer) => (text += chunk.toString()));
    stream.on("end", () => resolve(text));
    stream.on("error", reject);
    stream.end("{}");
  }).finally(() => session.destroy());
}

function overHttp1(socket: TLSSocket): Promise<string> {
  return new Promise<string>((resolve, reject) => {
    const request = requestHttp1({ method: "POST", headers, createConnection: () => socket }, (reply) => {
      let text = "";
      reply.on("data", (chunk: Buffer) => (text += chunk.toString()));
      reply.on("end", () => resolve(text));
    });
    request.on("error", reject);
    request.end("{}");
  }).finally(() => socket.destroy());
}

test.each([["h2"], undefined])("HTTP/2 is served when the handshake says %o", async (protocols) => {
  const session = connectHttp2(cluster.endpoint, { createConnection: () => connect(protocols) });
  expect(await overHttp2(session)).toMatch(ANSWER);
});

test.each([["http/1.1"], undefined])("HTTP/1.1 is served when the handshake says %o", async (protocols) => {
  expect(await overHttp1(connect(protocols))).toMatch(ANSWER);
});

test("TLS inside TLS is cut off", async () => {
  const socket = connect();
  await new Promise((resolve) => socket.once("secureConnect", resolve));
  socket.on("error", () => undefined);
  const closed = new Promise((resolve) => socket.once("close", resolve));
  socket.write(Buffer.from([0x16, 3, 1, 0, 1]));
  socket.resume();
  await closed;
});

test("the certificate is a server's, which strict clients demand, and not an authority's", () => {
  const certificate = new X509Certificate(ca);
  expect(certificate.ca).toBe(false);
  expect(certificate.keyUsage).toEqual(["1.3.6.1.5.5.7.3.1"]);
  expect(certificate.checkHost("localhost")).toBe("localhost");
  expect(certificate.checkIP("127.0.0.1")).toBe("127.0.0.1");
  expect(certificate.verify(certificate.publicKey)).toBe(true);
  // ecdsa-with-SHA256 (1.2.840.10045.4.3.2), twice: inside what is signed, and beside the signature.
  const oid = Buffer.from("06082a8648ce3d040302", "hex");
  expect(certificate.raw.toString("binary").split(oid.toString("binary"))).toHaveLength(3);
});
