/** The version of the product, as printed by `--version` and in `build_info`. A test compares it with package.json. */
export const productVersion: string = "0.1.0";
