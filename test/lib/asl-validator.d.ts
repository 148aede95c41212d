/** It brings no types. */
declare module "asl-validator" {
  /** @param definition is written to: the query language is put into every state */
  export default function validate(definition: object): {
    errors: { "Error code": string; Message: string; path?: string }[];
  };
}
