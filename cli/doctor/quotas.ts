import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { paginateListServiceQuotas, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { deployedConfiguration } from "../deployment/definition.ts";
import type { Deployment } from "../deployment/deployment.ts";
import { explain } from "../deployment/trouble.ts";
import { type Finding, ok, skipped, warning } from "./check.ts";

/** Functions that run beside patches: two of the recorder's, the directory's, a step of a machine (docs/first-deployment.md). */
const BESIDE_PATCHES = 4;
const BUILDS = "Concurrently running builds for Linux/Small environment";

/** Whether the account lets as much run at once as the deployment is configured for. */
export async function checkQuotas(deployment: Deployment): Promise<Finding[]> {
  const { buildConcurrency, patchConcurrency } = await deployedConfiguration(deployment);
  return Promise.all([
    checked("Lambda at once", deployment, () => checkLambda(deployment, patchConcurrency)),
    checked("builds at once", deployment, () => checkBuilds(deployment, buildConcurrency)),
  ]);
}

async function checkLambda({ settings }: Deployment, patches: number): Promise<Finding> {
  const name = "Lambda at once";
  const { AccountLimit } = await new LambdaClient(settings).send(new GetAccountSettingsCommand());
  const limit = AccountLimit?.ConcurrentExecutions ?? 0;
  const needed = patches + BESIDE_PATCHES;
  if (limit >= needed) return ok(name, `${limit}, and a release needs ${needed}`);
  return warning(
    name,
    `${limit}, and a release with patchConcurrency ${patches} needs ${needed}: patches wait, and so may the directory`,
    `lower patchConcurrency, or aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 --desired-value 100`,
  );
}

async function checkBuilds({ settings, isLocal }: Deployment, builds: number): Promise<Finding> {
  const name = "builds at once";
  if (isLocal) return skipped(name, "the local AWS has no quotas");
  const client = new ServiceQuotasClient(settings);
  for await (const { Quotas = [] } of paginateListServiceQuotas({ client }, { ServiceCode: "codebuild" })) {
    const quota = Quotas.find(({ QuotaName }) => QuotaName === BUILDS);
    if (quota === undefined) continue;
    const { Value: value = 0, QuotaCode } = quota;
    if (value >= builds) return ok(name, `${value}, and buildConcurrency is ${builds}`);
    return warning(
      name,
      `${value}, and buildConcurrency is ${builds}: builds wait for each other`,
      `aws service-quotas request-service-quota-increase --service-code codebuild --quota-code ${QuotaCode} --desired-value ${builds}`,
    );
  }
  return skipped(name, `AWS lists no quota "${BUILDS}"`);
}

async function checked(name: string, deployment: Deployment, look: () => Promise<Finding>): Promise<Finding> {
  try {
    return await look();
  } catch (error) {
    const { kind, message } = explain(error, deployment);
    if (kind === "NotAllowed") return skipped(name, `not allowed to look: ${message}`);
    // Nothing that was found is wrong.
    return warning(name, `cannot be looked at: ${message}`);
  }
}
