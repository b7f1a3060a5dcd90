import { expect, test } from "vitest";
import { chooseGrpcPort } from "./free-port.ts";

test("a gRPC port that is named is used; with free ports asked for it is one of them, and taken by nobody else", async () => {
  const taken = new Set<number>();
  expect(await chooseGrpcPort({ port: 0, grpcPort: 5555 }, taken)).toBe(5555);
  const chosen = [
    await chooseGrpcPort({ port: 0 }, taken),
    await chooseGrpcPort({ port: 4567, grpcPort: 0 }, taken),
    await chooseGrpcPort({ port: 4568 }, taken),
  ];
  expect([...taken]).toEqual(chosen);
  expect(chosen.every((port) => port >= 20_000)).toBe(true);
});
