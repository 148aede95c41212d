import { z } from "zod";
import { isCommand } from "../lambda/shared/names.ts";
import { configSchema } from "../lib/config/schema.ts";

const fields = configSchema.shape.commands.valueType.shape;

/** What the builds leave empty when the configuration has nothing. */
const orEmpty = <Field extends z.ZodType>(field: Field) => z.union([z.literal(""), field]).optional();
// The scripts put it between quotes.
const url = z.string().regex(/^https?:\/\/[\w.:$/[\]-]+$/);

const FLAG = /(-s|-w|-buildid=|-H[= ]windowsgui|-X[= ]('[^']*'|"[^"]*"|[^\s'"@]+))/.source;
/** Of Go's linker, what changes nothing but the program: others name files to write, or programs to run. */
const linkerFlags = z
  .string()
  .regex(new RegExp(`^ *${FLAG}( +${FLAG})* *$`), "only -s, -w, -H windowsgui and -X are used here");

/**
 * What a statement may say that the builds' scripts were given: the configuration's own fields, as it accepts them. Who can
 * write a statement must not thereby write files here, or run programs.
 */
export const statedSettings = z.strictObject({
  HKDIST_COMMAND: z.string().refine(isCommand),
  HKDIST_MAIN_PACKAGE: fields.mainPackage,
  HKDIST_IMPORT_PATH: orEmpty(fields.importPath.unwrap()),
  HKDIST_BUILD_TAGS: orEmpty(
    z
      .string()
      .transform((tags) => tags.split(","))
      .pipe(fields.buildTags.unwrap())
      .transform((tags) => tags.join(",")),
  ),
  HKDIST_LDFLAGS: orEmpty(linkerFlags),
  HKDIST_VERSION_VARIABLE: orEmpty(fields.versionVariable.unwrap()),
  HKDIST_COMMIT_VARIABLE: orEmpty(fields.commitVariable.unwrap()),
  HKDIST_DATE_VARIABLE: orEmpty(fields.dateVariable.unwrap()),
  HKDIST_DIRECTORY_URL_VARIABLE: orEmpty(fields.directoryUrlVariable.unwrap()),
  HKDIST_DIRECTORY_URL: orEmpty(url),
  HKDIST_ARTIFACTS_URL_VARIABLE: orEmpty(fields.artifactsUrlVariable.unwrap()),
  HKDIST_ARTIFACTS_URL: orEmpty(url),
});
