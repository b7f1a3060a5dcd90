/** Configuration files. The only file that knows the YAML parser, which is loaded when there is a file. */
import { readFile } from "node:fs/promises";
import { fileProblem, ServiceError } from "@millrace/base";

/** The top-level members of a YAML (or JSON) file, which `source` named. Errors: USAGE when it cannot be read or is not one object. */
export async function readConfigFile(path: string, source: string): Promise<Record<string, unknown>> {
  let content: unknown;
  try {
    const { parse } = await import("yaml");
    content = parse(await readFile(path, "utf8"));
  } catch (error) {
    const next = "correct the file or the path";
    throw new ServiceError("USAGE", `cannot read ${path} (${source}): ${fileProblem(error)}; ${next}`, {
      cause: error,
    });
  }
  if (content === null) return {};
  if (typeof content === "object" && !Array.isArray(content)) return content as Record<string, unknown>;
  throw new ServiceError("USAGE", `${path} must hold one object of keys and values`);
}
