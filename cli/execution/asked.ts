import { isCommand } from "../../lambda/shared/names.ts";
import { isVersion } from "../../lambda/shared/version.ts";
import { quote } from "../../tools/quote.ts";
import { harmless } from "../view/paint.ts";

import type { Machine } from "./steps.ts";

/** What an execution was asked for, as far as that is understood: people may start machines with any input. */
export interface Asked {
  cmd: string | undefined;
  version: string | undefined;
  action: "release" | "promote" | "yank" | "restore";
  /** Of a release: its options, as they are typed. */
  options: { tag: string; others: string };
}

/** @param input JSON text, as it was typed */
export function askedFor(machine: Machine, input: string): Asked {
  // What is no name is not shown, and not typed into a shell again.
  const name = (value: unknown, isName: (text: string) => boolean) =>
    typeof value === "string" && isName(value) ? value : undefined;
  const { cmd, tag, version, platforms, bases, publish, yank } = fieldsOf(input);
  const option = (name: string, value: unknown) =>
    Array.isArray(value) ? ` --${name} ${quote(harmless(value.join(",")))}` : "";
  const change = yank === true ? "yank" : yank === false ? "restore" : "promote";
  return {
    cmd: name(cmd, isCommand),
    version: name(version, isVersion) ?? name(tag, isTag)?.slice(1),
    action: machine === "release" ? "release" : change,
    options: {
      tag: name(tag, isTag) === undefined ? "" : ` --tag ${tag}`,
      others:
        option("platforms", platforms) + option("bases", bases) + (publish === false ? " --no-publish" : ""),
    },
  };
}

const isTag = (text: string) => text.startsWith("v") && isVersion(text.slice(1));

function fieldsOf(input: string): Record<string, unknown> {
  try {
    return { ...(JSON.parse(input) as object) };
  } catch {
    // The machine says what is wrong with it.
    return {};
  }
}
