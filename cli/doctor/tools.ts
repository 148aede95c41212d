import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { type Finding, ok, warning } from "./check.ts";

/** Programs that this checkout starts, and what lacks without each. */
const TOOLS = [
  { program: "git", args: ["--version"], for: "tagging what is to be released; the demo" },
  { program: "go", args: ["version"], for: "npm run verify-release, and releases on the local AWS" },
  {
    program: "c++",
    args: ["--version"],
    for: "npx cdk deploy and npx hkdist audit --deep: apt-get install g++ make",
  },
  { program: "python3", args: ["--version"], for: "the local AWS and the tests" },
] as const;

export async function checkTools(): Promise<Finding[]> {
  return Promise.all(
    TOOLS.map(async ({ program, args, for: purpose }) => {
      try {
        const { stdout } = await promisify(execFile)(program, args, { timeout: 20_000 });
        return ok(program, stdout.split("\n")[0] ?? "");
      } catch {
        return warning(program, "not found", `it is needed for ${purpose}`);
      }
    }),
  );
}
