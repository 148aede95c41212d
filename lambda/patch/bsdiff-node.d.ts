/** The parts of bsdiff-node that are used; it brings no types. All arguments are file paths. */
declare module "bsdiff-node" {
  const bsdiff: {
    /** Writes to `patch` what turns `base` into `target`, in BSDIFF40. Needs memory (limits.ts). */
    diff(base: string, target: string, patch: string): Promise<void>;
    /** Applies `patch` to `base` and writes `result`. */
    patch(base: string, result: string, patch: string): Promise<void>;
  };
  export default bsdiff;
}
