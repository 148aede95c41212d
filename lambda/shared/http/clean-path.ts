/** What paths of the directory are made of. Any other character could mean something else to another reader. */
const PLAIN = /^\/[\w./-]*$/;

/**
 * Where a path with empty, `.` or `..` segments really leads, as the original's router resolved it (Go's `path.Clean`,
 * a slash at the end kept), or undefined when it is clean already or holds what none of our paths does: a redirect
 * to such a path could lead a browser to another host.
 */
export function cleanedPath(path: string): string | undefined {
  if (!PLAIN.test(path)) return undefined;
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segment);
  }
  const clean = `/${segments.join("/")}${segments.length > 0 && path.endsWith("/") ? "/" : ""}`;
  return clean === path ? undefined : clean;
}
