import type { z } from "zod";

/** A problem with the field that it is about. */
export function describeIssue({ path, message }: z.core.$ZodIssue): string {
  const where = path.map((part, index) =>
    typeof part === "number" ? `[${part}]` : (index ? "." : "") + String(part),
  );
  return path.length > 0 ? `${where.join("")}: ${message}` : message;
}

/** Values of the input, each as JSON and not longer than a person wants to read. */
export function list(values: readonly unknown[]): string {
  return values
    .map((value) => JSON.stringify(value))
    .map((text) => (text.length > 100 ? `${text.slice(0, 100)}...` : text))
    .join(", ");
}
