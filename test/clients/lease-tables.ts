/** dynalite, a DynamoDB that nobody here wrote, for the tables of the Kinesis Client Library. */
import { once } from "node:events";
import type { Server } from "node:http";
import type { AddressInfo } from "node:net";
import { createRequire } from "node:module";
import { CreateTableCommand, DynamoDBClient } from "@aws-sdk/client-dynamodb";

/** A server of DynamoDB tables in this process. */
export interface LeaseTables {
  readonly endpoint: string;
  /** Makes the lease table of an application with its index: dynalite cannot add one to a table that exists. */
  create(application: string): Promise<void>;
  close(): void;
}

/** Starts one on a free port. */
export async function startLeaseTables(): Promise<LeaseTables> {
  const dynalite = createRequire(import.meta.url)("dynalite") as (options: object) => Server;
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0, updateTableMs: 0 });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const credentials = { accessKeyId: "AKIDEXAMPLE", secretAccessKey: "secret" };
  const client = new DynamoDBClient({ endpoint, region: "us-east-1", credentials });
  return {
    endpoint,
    async create(application) {
      await client.send(
        new CreateTableCommand({
          TableName: application,
          BillingMode: "PAY_PER_REQUEST",
          AttributeDefinitions: [
            { AttributeName: "leaseKey", AttributeType: "S" },
            { AttributeName: "leaseOwner", AttributeType: "S" },
          ],
          KeySchema: [{ AttributeName: "leaseKey", KeyType: "HASH" }],
          GlobalSecondaryIndexes: [
            {
              IndexName: "LeaseOwnerToLeaseKeyIndex",
              KeySchema: [
                { AttributeName: "leaseOwner", KeyType: "HASH" },
                { AttributeName: "leaseKey", KeyType: "RANGE" },
              ],
              Projection: { ProjectionType: "KEYS_ONLY" },
            },
          ],
        }),
      );
    },
    close() {
      client.destroy();
      server.close();
      server.closeAllConnections();
    },
  };
}
