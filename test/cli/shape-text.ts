import { z } from "zod";

interface JsonSchema {
  type?: string | string[];
  enum?: string[];
  anyOf?: JsonSchema[];
  items?: JsonSchema;
  properties?: Record<string, JsonSchema>;
  additionalProperties?: JsonSchema | false;
}

/** A shape as docs/cli.md shows it: like a TypeScript type, a field a line. */
export function shapeText(shape: z.ZodType): string {
  return textOf(z.toJSONSchema(shape) as JsonSchema, "");
}

function textOf(schema: JsonSchema, indent: string): string {
  const { type, properties, items, anyOf, additionalProperties } = schema;
  if (anyOf !== undefined) return anyOf.map((one) => textOf(one, indent)).join(" | ");
  if (schema.enum !== undefined) return schema.enum.map((one) => JSON.stringify(one)).join(" | ");
  if (type === "array") return `[${textOf(items ?? {}, indent)}]`;
  if (properties === undefined) {
    return additionalProperties
      ? `{ [name]: ${textOf(additionalProperties, indent)} }`
      : [type ?? "any"].flat().join(" | ");
  }
  const deeper = `${indent}  `;
  const fields = Object.entries(properties).map(([name, one]) => `${name}: ${textOf(one, deeper)}`);
  const line = `{ ${fields.join(", ")} }`;
  if (line.length + indent.length < 90 && !line.includes("\n")) return line;
  return `{\n${fields.map((field) => `${deeper}${field}\n`).join("")}${indent}}`;
}
