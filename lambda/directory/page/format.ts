const DATE = new Intl.DateTimeFormat("en-GB", { dateStyle: "long", timeZone: "UTC" });

/** "31 January 2026" for RFC 3339 in UTC. */
export function dateText(at: string): string {
  const date = new Date(at);
  return Number.isNaN(date.getTime()) ? "" : DATE.format(date);
}

/** Bytes in the unit that browsers show while they download: "2.8 MB" of a million each. */
export function sizeText(bytes: number): string {
  if (bytes < 1e6) return `${Math.max(1, Math.round(bytes / 1e3))} kB`;
  return `${(bytes / 1e6).toFixed(bytes < 1e7 ? 1 : 0)} MB`;
}

/** Hexadecimal, as `sha256sum` and `shasum` print it, for standard base64. */
export function hexText(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
