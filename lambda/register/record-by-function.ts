import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import type { Recorded } from "../record/record.ts";

/** Milliseconds. The function has 29 s, of which a table that does not answer may take ten before. */
const PATIENCE = 15_000;

/** Asks the recorder about the newest object under a key, and waits for what it found. */
export type RecordNow = (key: string) => Promise<Recorded>;

/**
 * The recorder as the function that it is: nobody else may write artifact rows, and it goes on when the caller stops waiting.
 * A retry may start a second one beside the first; both find the same, and one writes.
 * @throws Error when it failed or did not answer in time
 */
export function recordByFunction(lambda: LambdaClient, FunctionName: string): RecordNow {
  return async (key) => {
    const Payload = JSON.stringify({ key });
    const abortSignal = AbortSignal.timeout(PATIENCE);
    const result = await lambda.send(new InvokeCommand({ FunctionName, Payload }), { abortSignal });
    const text = result.Payload?.transformToString() ?? "";
    if (result.FunctionError !== undefined) throw new Error(`the recorder failed on ${key}: ${text}`);
    return JSON.parse(text) as Recorded;
  };
}
