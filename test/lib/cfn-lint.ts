import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { venvBin } from "../../local/paths.ts";

/** Regions as they are chosen: in each of them every service of the stack must exist. */
const REGIONS = ["us-east-1", "us-east-2", "us-west-2", "ca-central-1", "sa-east-1"].concat(
  ["eu-central-1", "eu-west-1", "eu-west-2", "eu-north-1"],
  ["ap-northeast-1", "ap-southeast-1", "ap-southeast-2", "ap-south-1"],
);

export interface LintFinding {
  /** cfn-lint's id of it, such as E3002. */
  rule: string;
  /** Where and what, on one line. */
  text: string;
}

interface Match {
  Rule: { Id: string };
  Message: string;
  Location: { Path: (string | number)[] | null };
}

/** All that cfn-lint says of a template, infos too. */
export function lint(template: unknown): LintFinding[] {
  const folder = mkdtempSync(join(tmpdir(), "hkdist-lint-"));
  try {
    const file = join(folder, "template.json");
    writeFileSync(file, JSON.stringify(template));
    const matches = JSON.parse(
      run(["--include-checks", "I", "--regions", ...REGIONS, "--", file]),
    ) as Match[];
    return matches.map(({ Rule, Message, Location }) => ({
      rule: Rule.Id,
      text: `${Location.Path?.join("/") ?? "the template"}: ${Message} (${Rule.Id})`,
    }));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** cfn-lint ends with a bit for each kind of finding: 2 errors, 4 warnings, 8 infos. Anything else is a failure of its own. */
function run(args: string[]): string {
  try {
    const options = { encoding: "utf8", maxBuffer: 2 ** 26, timeout: 110_000 } as const;
    return execFileSync(join(venvBin, "cfn-lint"), ["--format", "json", ...args], options);
  } catch (error) {
    const { status, stdout } = error as { status?: number; stdout?: string };
    if (status && status % 2 === 0 && stdout?.startsWith("[")) return stdout;
    throw error;
  }
}
