/** Why an endpoint gave no answer, and what to do: a second look, taken once after a request has failed. */
import { connect } from "node:tls";

const LOOK_MS = 2_000;

/** One sentence for whoever asked `endpoint`, a valid URL, in vain. */
export async function explainSilence(endpoint: string): Promise<string> {
  const { protocol, hostname, port } = new URL(endpoint);
  if (protocol === "https:") {
    const code = await handshakeFailure(hostname.replace(/^\[|\]$/g, ""), Number(port || 443));
    if (/CERT|SIGNATURE|ISSUER/.test(code)) {
      return `the certificate of ${endpoint} is not trusted (${code}); set NODE_EXTRA_CA_CERTS to the file that millrace up --tls printed`;
    }
    if (code !== "" && !/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EHOSTUNREACH|ENETUNREACH)$/.test(code)) {
      return `${endpoint} does not speak TLS (${code}); is it http://?`;
    }
  }
  return `nothing answers at ${endpoint}; start a cluster with: npx millrace up`;
}

/** The error code of a TLS handshake, or nothing when it succeeds. */
function handshakeFailure(host: string, port: number): Promise<string> {
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: LOOK_MS });
    const finish = (code: string): void => {
      socket.destroy();
      resolve(code);
    };
    socket.once("secureConnect", () => finish(""));
    socket.once("timeout", () => finish("ETIMEDOUT"));
    socket.once("error", (error: NodeJS.ErrnoException) => finish(error.code ?? "EUNKNOWN"));
  });
}
