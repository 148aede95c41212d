import { HkdistError } from "../../lambda/shared/errors.ts";
import { UserError } from "../../tools/user-error.ts";
import { CliError } from "../errors.ts";

interface SdkError extends Error {
  $fault?: string;
  $metadata?: { httpStatusCode?: number; attempts?: number };
  code?: string;
}

const NO_CREDENTIALS = /^(CredentialsProviderError|TokenProviderError)$/;
const OLD_CREDENTIALS =
  /^(ExpiredToken(Exception)?|RequestExpired|InvalidClientTokenId|UnrecognizedClientException|InvalidAccessKeyId|SignatureDoesNotMatch|InvalidSignatureException|AuthFailure)$/;
const NOT_ALLOWED = /^(AccessDenied(Exception)?|UnauthorizedOperation|NotAuthorized|Forbidden|403)$/;
const THROTTLED = /Throttl|TooManyRequests|RequestLimitExceeded|ProvisionedThroughputExceeded|SlowDown/;
const UNREACHABLE =
  /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|ETIMEDOUT|EPIPE|EHOSTUNREACH|ENETUNREACH|TimeoutError)$/;

/** Where the request went, for the words. */
export interface Place {
  isLocal: boolean;
  region?: string | undefined;
}

/** An error of AWS or of our own as what a person is told: not found is not "not allowed", nor "could not be reached". */
export function explain(thrown: unknown, { isLocal, region }: Place): CliError {
  if (thrown instanceof CliError) return thrown;
  const error = (thrown instanceof Error ? thrown : new Error(String(thrown))) as SdkError;
  const { name, message, code = "" } = error;
  const cause = { cause: error };
  if (error instanceof HkdistError) return new CliError("Refused", `${name}: ${error.sentence}`, cause);
  if (error instanceof UserError) return new CliError("Refused", message, cause);
  if (name === "TypeError" && code === "ERR_INVALID_URL") {
    return new CliError("Usage", `AWS_ENDPOINT_URL is no URL: ${process.env["AWS_ENDPOINT_URL"]}`, cause);
  }
  if (/aws sso login|SSO session/.test(message)) {
    return new CliError("NoCredentials", `The session of AWS SSO is over: ${message}`, {
      ...cause,
      next: "aws sso login (with the same --profile)",
    });
  }
  if (NO_CREDENTIALS.test(name)) {
    return new CliError("NoCredentials", `There are no AWS credentials that can be used: ${message}`, {
      ...cause,
      next: "aws configure sso, or aws login; then name the profile with --profile. (--local takes the AWS in this checkout.)",
    });
  }
  if (OLD_CREDENTIALS.test(name)) {
    return new CliError("NoCredentials", `AWS does not take these credentials (any more): ${message}`, {
      ...cause,
      next: "aws sso login, or renew them where they come from",
    });
  }
  if (NOT_ALLOWED.test(name) || error.$metadata?.httpStatusCode === 403) {
    return new CliError(
      "NotAllowed",
      `These credentials may not do that: ${message}`,
      // Whoever gives rights wants to know which.
      { ...cause, next: "npx hkdist doctor" },
    );
  }
  if (THROTTLED.test(name)) {
    const tries = error.$metadata?.attempts;
    return new CliError(
      "Trouble",
      `AWS asks for fewer requests, and still did after ${tries ?? "several"} tries: ${message}`,
      { ...cause, next: "the same again in a minute" },
    );
  }
  const reasons = [name, code, (error.cause as SdkError | undefined)?.code ?? ""];
  if (reasons.some((reason) => UNREACHABLE.test(reason))) {
    return isLocal
      ? new CliError("Trouble", `The local AWS does not answer: ${message || code}`, {
          ...cause,
          next: "npm run local",
        })
      : new CliError("Trouble", `AWS in ${region ?? "that region"} cannot be reached: ${message || code}`, {
          ...cause,
          next: "look at the network, AWS_ENDPOINT_URL and --region",
        });
  }
  return new CliError("Trouble", `${name === "Error" ? "" : `${name}: `}${message}`, {
    ...cause,
    next: "HKDIST_DEBUG=1 before the command shows where",
  });
}
