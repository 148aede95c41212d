import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { venvBin } from "../../local/paths.ts";

/** What an expression makes of these variables. */
export interface Question {
  /** As it is in a definition, with its `{% %}`. */
  expression: string;
  variables: Record<string, unknown>;
}

/** AWS fails an expression that is undefined, so that is not the same as null. */
export type Answer = { value: unknown } | { undefined: true } | { error: string };

// The engine of the local AWS, with the one function of Step Functions' own that our expressions call.
const PROGRAM = `
import json, sys, jsonata

def evaluate(text, variables):
    expression = jsonata.Jsonata.jsonata(text)
    expression.register_lambda("parse", json.loads)
    return expression.evaluate(None, variables)

def answer(expression, variables):
    text = expression.removeprefix("{%").removesuffix("%}").strip()
    try:
        if not evaluate("$exists((" + text + "))", variables):
            return {"undefined": True}
        return {"value": evaluate(text, variables)}
    except Exception as error:
        return {"error": str(error)}

print(json.dumps([answer(**question) for question in json.load(sys.stdin)]))
`;

export function evaluate(questions: readonly Question[]): Answer[] {
  const output = execFileSync(join(venvBin, "python"), ["-c", PROGRAM], {
    input: JSON.stringify(questions),
    encoding: "utf8",
  });
  return JSON.parse(output) as Answer[];
}
