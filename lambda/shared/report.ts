/** What a build did with a platform. Hashes of uncompressed binaries, standard padded base64. */
export type PlatformReport =
  | {
      platform: string;
      outcome: "stored" | "present";
      sha256: string;
      /** What `go version -m` says of the binary; absent in reports of builds that did not ask. */
      modules?: string;
    }
  | { platform: string; outcome: "failed"; message: string };

/** What one build left. */
export interface BuildReport {
  /**
   * By name: what the build was given (`HKDIST_...`), `archiveKey` and `archiveSha256` of the archive that it was made
   * from, `flags`, what `go build` got, one a line, and `hook`, the hook's text. Empty in reports of builds that did not tell.
   */
  settings: Record<string, string>;
  platforms: PlatformReport[];
}

/**
 * Reads a build's report, as buildspec/build.sh writes it: lines of
 * `platform<TAB>stored|present<TAB>hex<TAB>base64 text`, `platform<TAB>failed<TAB>base64 text` or
 * `name<TAB>set<TAB>base64 text`.
 * @throws Error that shows the line which is none of these
 */
export function readReport(text: string): BuildReport {
  const settings: [string, string][] = [];
  const platforms: PlatformReport[] = [];
  for (const line of text.split("\n").filter((one) => one !== "")) {
    const [name = "", outcome, value = "", more] = line.split("\t");
    if (outcome === "set") {
      settings.push([name, decode(value)]);
    } else if (outcome === "failed") {
      platforms.push({ platform: name, outcome, message: decode(value).trim() });
    } else if ((outcome === "stored" || outcome === "present") && /^[0-9a-f]{64}$/.test(value)) {
      const sha256 = Buffer.from(value, "hex").toString("base64");
      platforms.push({ platform: name, outcome, sha256, ...(more && { modules: decode(more) }) });
    } else {
      throw new Error(`a line of a build report that cannot be read: ${JSON.stringify(line)}`);
    }
  }
  return { settings: Object.fromEntries(settings), platforms };
}

function decode(base64: string): string {
  return Buffer.from(base64, "base64").toString("utf8");
}
