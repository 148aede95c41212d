import { InvokeCommand, type LambdaClient } from "@aws-sdk/client-lambda";
import { afterEach, describe, expect, it, vi } from "vitest";
import { recordByFunction } from "../../../lambda/register/record-by-function.ts";
import { artifact } from "../support.ts";

const KEY = "greet/1/linux-amd64.gz";

/** A client whose function answers this. */
const answering = (result: { payload?: unknown; FunctionError?: string }) => {
  const sent: InvokeCommand["input"][] = [];
  const send = async (command: unknown) => {
    if (!(command instanceof InvokeCommand)) throw new Error("not an invocation");
    sent.push(command.input);
    const { payload, ...rest } = result;
    return { ...rest, Payload: { transformToString: () => JSON.stringify(payload) } };
  };
  return { lambda: { send } as unknown as LambdaClient, sent };
};

afterEach(() => vi.restoreAllMocks());

describe("the recorder as a function", () => {
  it.each([
    { outcome: "recorded", artifact: artifact("greet", "1", "linux-amd64") },
    { outcome: "refused", reason: "it is not gzip" },
    { outcome: "gone" },
  ])("is asked about the key and waited for: $outcome", async (recorded) => {
    const { lambda, sent } = answering({ payload: recorded });
    expect(await recordByFunction(lambda, "record-1")(KEY)).toEqual(recorded);
    expect(sent).toEqual([{ FunctionName: "record-1", Payload: JSON.stringify({ key: KEY }) }]);
  });

  it("fails when the function did", async () => {
    const { lambda } = answering({ FunctionError: "Unhandled", payload: { errorMessage: "out of memory" } });
    await expect(recordByFunction(lambda, "record-1")(KEY)).rejects.toThrow(
      /the recorder failed.*out of memory/,
    );
  });

  it("is not waited for any longer than the gateway waits", async () => {
    const stop = new AbortController();
    const timeout = vi.spyOn(AbortSignal, "timeout").mockReturnValue(stop.signal);
    const send = (_: unknown, { abortSignal }: { abortSignal: AbortSignal }) =>
      new Promise((_, reject) => abortSignal.addEventListener("abort", () => reject(abortSignal.reason)));
    const asked = recordByFunction({ send } as unknown as LambdaClient, "record-1")(KEY);
    stop.abort(new Error("too slow"));
    await expect(asked).rejects.toThrow("too slow");
    expect(timeout.mock.lastCall?.[0]).toBeLessThan(25_000);
  });
});
