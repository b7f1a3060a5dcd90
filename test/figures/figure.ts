/** One row of the table of figures, and the table itself: rows measured earlier stay when others are measured anew. */

/** A figure beside its target. */
export interface Figure {
  readonly name: string;
  readonly measured: string;
  readonly target: string;
  /** How it was measured, in a few words. */
  readonly how: string;
}

const HEAD = ["| figure | measured | target | how |", "|---|---|---|---|"];

/** The section with `figures` replaced in what `document` has already, in the order of first measuring. */
export function figuresSection(document: string, figures: readonly Figure[], machine: string): string {
  const rows = new Map<string, string>();
  const table = document.slice(document.indexOf(HEAD[0] ?? "")).split("\n\n")[0] ?? "";
  if (document.includes(HEAD[0] ?? "")) {
    for (const row of table.split("\n").slice(HEAD.length)) rows.set(row.split("|")[1]?.trim() ?? "", row);
  }
  for (const { name, measured, target, how } of figures) {
    rows.set(name, `| ${name} | ${measured} | ${target} | ${how} |`);
  }
  return ["## Figures", "", machine, "", ...HEAD, ...rows.values()].join("\n");
}
