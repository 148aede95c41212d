/**
 * Versions are `N` or `N.N`: one to nine digits each, no leading zero, the second at least 1.
 * Order is numeric: 20140529.2 < 20140529.10 (what installed clients and the object keys carry).
 */
const VERSION = /^(0|[1-9][0-9]{0,8})(?:\.([1-9][0-9]{0,8}))?$/;
const TAG = /^v([0-9]{4})([0-9]{2})([0-9]{2})(?:\.[1-9][0-9]{0,8})?$/;
const DIGITS = 9;

export function isVersion(text: string): boolean {
  return VERSION.test(text);
}

/** The version as a key: both numbers padded, so that the order of the text is the order of the versions. */
export function sortableVersion(version: string): string {
  const match = VERSION.exec(version);
  if (!match) throw new TypeError(`not a version: ${JSON.stringify(version)}`);
  const [, major = "", minor = "0"] = match;
  return `${major.padStart(DIGITS, "0")}.${minor.padStart(DIGITS, "0")}`;
}

/** Negative when `a` is older than `b`, zero when they are the same, positive when it is newer. */
export function compareVersions(a: string, b: string): number {
  const [left, right] = [sortableVersion(a), sortableVersion(b)];
  return left < right ? -1 : left > right ? 1 : 0;
}

/** The version that a release tag `vYYYYMMDD[.N]` names, or undefined when the tag is not one (its date must exist). */
export function versionOfTag(tag: string): string | undefined {
  const match = TAG.exec(tag);
  if (!match) return undefined;
  const [year, month, day] = match.slice(1).map(Number) as [number, number, number];
  const date = new Date(Date.UTC(year, month - 1, day));
  const exists =
    date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return exists && isVersion(tag.slice(1)) ? tag.slice(1) : undefined;
}
