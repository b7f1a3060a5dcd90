/** A server that reads requests and answers that all is well: the other end of "generator alone". Prints its port. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const ANSWER = '{"FailedRecordCount":0}';

const server = createServer((request, response) => {
  request.resume();
  request.on("end", () => {
    response.writeHead(200, { "content-type": "application/x-amz-json-1.1", "content-length": ANSWER.length });
    response.end(ANSWER);
  });
});
server.listen(0, "127.0.0.1", () => process.stdout.write(`${(server.address() as AddressInfo).port}\n`));
