import { InvokeCommand } from "@aws-sdk/client-lambda";
import type { Deployment } from "./deployment.ts";

/** What a function of the stack answers. @throws Error with its own words when it fails */
export async function invoke({ lambda }: Deployment, FunctionName: string, event: object): Promise<unknown> {
  const { Payload, FunctionError } = await lambda.send(
    new InvokeCommand({ FunctionName, Payload: JSON.stringify(event) }),
  );
  const text = Payload?.transformToString() ?? "";
  if (FunctionError) throw new Error(`the function failed: ${text.slice(0, 500)}`);
  return JSON.parse(text);
}
