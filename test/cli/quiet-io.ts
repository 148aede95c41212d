import { PassThrough } from "node:stream";
import type { Io } from "../../cli/io.ts";

/** A place to run a command in where nobody looks, and what it said there. */
export function quietIo(env: NodeJS.ProcessEnv = {}): {
  io: Io;
  said: () => string;
  complained: () => string;
} {
  const stdout = new PassThrough();
  const stderr = new PassThrough();
  const texts = [stdout, stderr].map((stream) => {
    let text = "";
    stream.setEncoding("utf8").on("data", (part: string) => {
      text += part;
    });
    return () => {
      // What is buffered has not been handed on yet.
      const rest = stream.read() as string | null;
      return text + (rest ?? "");
    };
  });
  const [said = () => "", complained = () => ""] = texts;
  return {
    io: { args: [], stdin: new PassThrough(), stdout, stderr, env, onInterrupt: () => () => {} },
    said,
    complained,
  };
}
