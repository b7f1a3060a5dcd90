/** What is wrong with a file that somebody named, in words for messages instead of the system's. */

const WORDS: ReadonlyMap<unknown, string> = new Map([
  ["ENOENT", "there is no such file or directory"],
  ["ENOTDIR", "a part of that path is a file, not a directory"],
  ["EISDIR", "it is a directory"],
  ["EACCES", "this user has no permission"],
  ["EPERM", "this user has no permission"],
  ["EROFS", "it is on a file system that cannot be written"],
  ["ENOSPC", "the disk is full"],
]);

/** A clause such as "it is a directory"; the message of what was thrown where it is none of the usual. */
export function fileProblem(thrown: unknown): string {
  const { code } = (thrown ?? {}) as { readonly code?: unknown };
  return WORDS.get(code) ?? (thrown instanceof Error ? thrown.message : String(thrown));
}
