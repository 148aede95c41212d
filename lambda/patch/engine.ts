import { join } from "node:path";
import bsdiff from "bsdiff-node";
import { PatchNotProvedError } from "../shared/errors.ts";
import { hashFile } from "./stored-files.ts";

/** Writes to the folder's `patch` what turns its `base` into its `target`, in BSDIFF40. */
export async function diff(folder: string): Promise<void> {
  await bsdiff.diff(join(folder, "base"), join(folder, "target"), join(folder, "patch"));
}

/**
 * Applies the folder's `patch` to its `base`, as clients do.
 * @param name of the patch, for the error; @param sha256 of the target, standard padded base64
 * @throws PatchNotProvedError when that makes another file
 */
export async function prove(folder: string, name: string, sha256: string): Promise<void> {
  await bsdiff.patch(join(folder, "base"), join(folder, "result"), join(folder, "patch"));
  const made = await hashFile(join(folder, "result"));
  if (made !== sha256) {
    throw new PatchNotProvedError(`${name} makes a file with SHA-256 ${made} instead of ${sha256}`);
  }
}
