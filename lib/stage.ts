/** Where the app is deployed: AWS, or an AWS on this machine at `endpointUrl`, which is the whole difference. */
export interface Stage {
  /** Without a slash at the end, such as http://127.0.0.1:4566. */
  endpointUrl: string | undefined;
}

/**
 * What plain HTTP forces: rules that refuse it would refuse everything on the local AWS. On AWS both are on.
 */
export function requiresTls(stage: Stage): boolean {
  return stage.endpointUrl === undefined;
}
