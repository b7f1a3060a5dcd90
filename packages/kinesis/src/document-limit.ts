/**
 * Values of one request document, lists and objects included. The largest honest request, 500 records of five members,
 * has some 3,000. A decoded value takes up to a hundred times its bytes, so the size of a body alone bounds nothing: 8 MB of
 * empty maps hold the process for seconds and take 2 GB.
 */
export const VALUES_MAX: number = 50_000;
