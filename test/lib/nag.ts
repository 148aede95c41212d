import { Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import type { IConstruct } from "constructs";

/** What a rule of AWS Solutions says of a resource; `rule` names the action or resource in brackets where there are several. */
export interface NagFinding {
  path: string;
  rule: string;
  text: string;
}

/** A rule that lib/ acknowledges, with its reason, on a construct. */
export interface Acknowledged {
  path: string;
  rule: string;
  reason: string;
}

/** Everything that the rules find, as if nothing were acknowledged. */
export function nagFindings(app: IConstruct): NagFinding[] {
  const pack = new AwsSolutionsChecks();
  // The pack would leave out what any construct around the resource acknowledges; here it must be the resource's own. Should it
  // ask in another way one day, "would find what is acknowledged" fails.
  if (!Reflect.has(pack, "isAcknowledged")) throw new Error("cdk-nag has changed: look how it asks now");
  Reflect.set(pack, "isAcknowledged", () => false);
  return pack.validateScope(app).violations.flatMap(({ ruleName: rule, description, violatingResources }) =>
    violatingResources.map(({ constructPath = "" }) => ({
      path: constructPath.replace(/\/Resource$/, ""),
      rule,
      text: `${constructPath}: ${description} (${rule})`,
    })),
  );
}

/** What lib/ acknowledges by `Validations.of(...)`. */
export function acknowledged(app: IConstruct): Acknowledged[] {
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(data as Record<string, string>))
      .map(([id, reason]) => ({ path: node.path, rule: id.replace(/^annotation::/i, ""), reason })),
  );
}
