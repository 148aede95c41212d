// By their parts: the whole library looks for the files of its validators as soon as it is loaded.
import * as Enums from "@cyclonedx/cyclonedx-library/Enums";
import * as Models from "@cyclonedx/cyclonedx-library/Models";
import * as Serialize from "@cyclonedx/cyclonedx-library/Serialize";
import * as Spec from "@cyclonedx/cyclonedx-library/Spec";
import type { Artifact } from "../shared/artifacts.ts";
import { type GoModule, readModules } from "../shared/modules.ts";
import { hexOf } from "./hex.ts";

/**
 * An artifact's software bill of materials, CycloneDX 1.6 as JSON (https://cyclonedx.org/docs/1.6/json/): the program
 * with the SHA-256 of its binary, Go's standard library, and every module that was compiled into it. Without a clock, so
 * that it is the same every time.
 * @param modules what `go version -m` says of the binary
 */
export function sbomOf(artifact: Artifact, modules: string): string {
  const { cmd, version, platform, sha256 } = artifact;
  const { goVersion, packagePath, main, dependencies, settings } = readModules(modules);
  const program = new Models.Component(Enums.ComponentType.Application, cmd, {
    version,
    bomRef: `${cmd}@${version}`,
    hashes: new Models.HashDictionary([[Enums.HashAlgorithm["SHA-256"], hexOf(sha256)]]),
    properties: properties([
      ["hkdist:platform", platform],
      ["hkdist:go:package", packagePath],
      ["hkdist:go:module", main?.path],
      ...settings.map((setting) => ["hkdist:go:build", setting] as const),
    ]),
  });
  const standardLibrary = { path: "stdlib", version: goVersion, sum: "" };
  const components = [standardLibrary, ...dependencies].map(componentOf);
  // Go tells what is in a program, not which module asked for which.
  for (const { bomRef } of components) program.dependencies.add(bomRef);
  const bom = new Models.Bom({
    metadata: new Models.Metadata({ component: program }),
    components: new Models.ComponentRepository(components),
  });
  const serializer = new Serialize.JsonSerializer(new Serialize.JSON.Normalize.Factory(Spec.Spec1dot6));
  return `${serializer.serialize(bom, { sortLists: true, space: 2 })}\n`;
}

/** The SHA-256 of the binary that a bill of materials is about, as hex; undefined when it is none. */
export function sha256OfSbom(text: string): string | undefined {
  const bom = JSON.parse(text) as Serialize.JSON.Types.Normalized.Bom | null;
  return bom?.metadata?.component?.hashes?.find(({ alg }) => alg === Enums.HashAlgorithm["SHA-256"])?.content;
}

function componentOf({ path, version, sum, replaces }: GoModule) {
  // A module that was replaced by a folder has that folder's path, which names it nowhere else.
  const isFolder = /^[./]/.test(path);
  const purl = `pkg:golang/${path.split("/").map(encodeURIComponent).join("/")}@${encodeURIComponent(version)}`;
  return new Models.Component(Enums.ComponentType.Library, path, {
    version,
    bomRef: `${path}@${version}`,
    ...(!isFolder && { purl }),
    properties: properties([
      ["hkdist:go:sum", sum],
      ["hkdist:go:replaces", replaces],
    ]),
  });
}

function properties(given: readonly (readonly [string, string | undefined])[]): Models.PropertyRepository {
  return new Models.PropertyRepository(
    given.flatMap(([name, value]) => (value ? new Models.Property(name, value) : [])),
  );
}
