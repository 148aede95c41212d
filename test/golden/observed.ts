import { readFileSync } from "node:fs";
import { UserError } from "../../tools/user-error.ts";

/** A request, and what the original directory answered. */
export interface Observed {
  seq: number;
  name: string;
  /** Which `State` it was asked in. */
  state_before: string;
  method: string;
  /** As sent, with the query: not decoded, not cleaned. */
  path: string;
  /** As sent, but for Host and Authorization; `{{lm}}` and its kin stand for times around the last release. */
  request_headers?: [string, string][];
  request_body?: string;
  request_body_base64?: string;
  /** Whether it came with valid credentials. */
  auth?: boolean;
  status: number;
  /** The telling ones; `<present>` is any value. */
  headers: Record<string, string>;
  /** Absent where it was long, or a page. */
  body?: string;
}

/** All that the original's database held. */
export interface State {
  state: string;
  /** Command, version, platform, SHA-256; in the order of the database. */
  releases_in_table_order: [string, string, string, string][];
  /** Command, platform, version. */
  current: [string, string, string][];
}

/**
 * Reads a file of one JSON object per line.
 * @throws UserError that names the file and the line
 */
export function readLines<Line>(file: string): Line[] {
  let text: string;
  try {
    text = readFileSync(file, "utf8");
  } catch (error) {
    throw new UserError(`${file} cannot be read: ${(error as Error).message}`);
  }
  return text.split("\n").flatMap((line, at) => {
    if (line.trim() === "") return [];
    try {
      return [JSON.parse(line) as Line];
    } catch {
      throw new UserError(`${file}, line ${at + 1} is not JSON`);
    }
  });
}

export function bodyOf({ request_body, request_body_base64 }: Observed): Buffer {
  return request_body_base64 === undefined
    ? Buffer.from(request_body ?? "")
    : Buffer.from(request_body_base64, "base64");
}
