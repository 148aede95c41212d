/** What a build did with a platform. Hashes of uncompressed binaries, standard padded base64. */
export type PlatformReport =
  | { platform: string; outcome: "stored" | "present"; sha256: string }
  | { platform: string; outcome: "failed"; message: string };

/**
 * Reads a build's report, lines of `platform<TAB>stored|present<TAB>hex` or `platform<TAB>failed<TAB>base64 text`
 * as buildspec/build.sh writes them.
 * @throws Error that shows the line which is none of these
 */
export function readReport(text: string): PlatformReport[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const [platform = "", outcome, value = ""] = line.split("\t");
      if (outcome === "failed") {
        return { platform, outcome, message: Buffer.from(value, "base64").toString("utf8").trim() };
      }
      if ((outcome === "stored" || outcome === "present") && /^[0-9a-f]{64}$/.test(value)) {
        return { platform, outcome, sha256: Buffer.from(value, "hex").toString("base64") };
      }
      throw new Error(`a line of a build report that cannot be read: ${JSON.stringify(line)}`);
    });
}
