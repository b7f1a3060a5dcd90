/** The operations of the public API, linked to their shapes. */
import type { OperationName } from "./generated/api.ts";
import { operationTable } from "./generated/operation-table.ts";
import { structureNamed, type StructureShape } from "./shape.ts";

/** A row of the generated table of operations. */
export interface OperationRow {
  readonly input: string;
  readonly output: string | undefined;
  /** Which of the two endpoints an SDK sends the operation to; both serve both. */
  readonly plane: "control" | "data";
  /** Names of the modelled errors. */
  readonly errors: readonly string[];
}

/** An operation: its shapes, and the errors its model lists. */
export interface Operation {
  readonly name: OperationName;
  readonly input: StructureShape;
  /** Undefined when success is an empty body. */
  readonly output: StructureShape | undefined;
  readonly plane: "control" | "data";
  readonly errors: readonly string[];
}

/** Every supported operation by name, in alphabetical order. */
export const operations: ReadonlyMap<string, Operation> = new Map(
  (Object.entries(operationTable) as [OperationName, OperationRow][]).map(([name, row]) => [
    name,
    {
      name,
      input: structureNamed(row.input),
      output: row.output === undefined ? undefined : structureNamed(row.output),
      plane: row.plane,
      errors: row.errors,
    },
  ]),
);

/** Whether `name` is a supported operation. */
export function isOperationName(name: string): name is OperationName {
  return operations.has(name);
}

/** The operation of this name. */
export function operationNamed(name: OperationName): Operation {
  const operation = operations.get(name);
  // The type makes this unreachable; the map lookup cannot know.
  if (operation === undefined) throw new TypeError(`no operation ${name}`);
  return operation;
}
