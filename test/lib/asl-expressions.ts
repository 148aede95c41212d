// Of the version that Step Functions says it has: docs.aws.amazon.com/step-functions/latest/dg/transforming-data.html
import jsonata from "jsonata";

/**
 * Every `{% %}` of a definition parses as the JSONata that Step Functions has, and uses only what is there.
 * @param assigned the variables that states set
 */
export async function expressionBreaches(definition: unknown, assigned: string[]): Promise<string[]> {
  const judged = textsIn(definition)
    .filter(([, text]) => /\{%|%\}/.test(text))
    .map(async ([path, text]) => {
      const [, expression] = /^\{% ([\s\S]*) %\}$/.exec(text) ?? [];
      const found =
        expression === undefined
          ? ["an expression must be the whole text"]
          : await jsonataBreaches(expression, assigned);
      return found.map((what) => `${path}: ${what}: ${text}`);
    });
  return (await Promise.all(judged)).flat();
}

/** All texts in a value, with where they are. */
function textsIn(value: unknown, path = ""): [string, string][] {
  if (typeof value === "string") return [[path, value]];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsIn(inner, `${path}/${key}`));
}

/** The only one of JSONata's functions that Step Functions has not, and those that it has beside them. */
const WITHOUT = "eval";
const BESIDE = ["partition", "range", "hash", "random", "uuid", "parse"];

interface AstNode {
  type?: string;
  value?: unknown;
  lhs?: AstNode;
  arguments?: AstNode[];
}

async function jsonataBreaches(expression: string, assigned: string[]): Promise<string[]> {
  const used = new Set<string>();
  const bound = new Set(["", "$", "states", ...assigned, ...BESIDE]);
  const visit = (node: AstNode) => {
    if (node.type === "variable") used.add(String(node.value));
    if (node.type === "bind") bound.add(String(node.lhs?.value));
    if (node.type === "lambda") for (const { value } of node.arguments ?? []) bound.add(String(value));
    for (const inner of Object.values(node)) if (typeof inner === "object" && inner !== null) visit(inner);
  };
  try {
    visit(jsonata(expression).ast() as AstNode);
  } catch (error) {
    return [(error as Error).message];
  }
  const unknown: string[] = [];
  for (const name of used) {
    if (bound.has(name)) continue;
    const isFunction = (await jsonata(`$${name}`).evaluate({})) !== undefined;
    if (!isFunction || name === WITHOUT) unknown.push(name);
  }
  return unknown.map((name) => `there is no $${name}`);
}
