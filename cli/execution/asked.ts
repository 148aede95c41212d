import { quote } from "../../tools/quote.ts";

/** What an execution was asked for, as far as that is understood: people may start machines with any input. */
export interface Asked {
  cmd: string | undefined;
  version: string | undefined;
  action: "release" | "promote" | "yank" | "restore";
  /** Of a release: its options, as they are typed. */
  options: { tag: string; others: string };
}

/** @param input JSON text, as it was typed */
export function askedFor(machine: "release" | "promote", input: string): Asked {
  const text = (value: unknown) => (typeof value === "string" ? value : undefined);
  const { cmd, tag, version, platforms, bases, publish, yank } = fieldsOf(input);
  const option = (name: string, value: unknown) =>
    Array.isArray(value) ? ` --${name} ${quote(value.join(","))}` : "";
  const change = yank === true ? "yank" : yank === false ? "restore" : "promote";
  return {
    cmd: text(cmd),
    version: text(version) ?? text(tag)?.replace(/^v/, ""),
    action: machine === "release" ? "release" : change,
    options: {
      tag: text(tag) === undefined ? "" : ` --tag ${quote(String(tag))}`,
      others:
        option("platforms", platforms) + option("bases", bases) + (publish === false ? " --no-publish" : ""),
    },
  };
}

function fieldsOf(input: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(input) as object) };
  } catch {
    // The machine says what is wrong with it.
    return {};
  }
}
