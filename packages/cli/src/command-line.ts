/** The only file that knows commander: what every command is declared with, and how text becomes values. */
import { ServiceError } from "@millrace/base";

export { Command, CommanderError, Option } from "commander";

/** A parser of whole numbers from `min` to `max` for an option named `what`. Errors: USAGE. */
export function wholeNumber(what: string, min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (Number.isInteger(value) && value >= min && value <= max && text.trim() !== "") return value;
    throw new ServiceError("USAGE", `${what} must be a whole number from ${min} to ${max}, not "${text}"`);
  };
}
