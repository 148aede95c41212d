/** A module in a program; `sum` is go.sum's, `h1:` and the base64 SHA-256 of its files. */
export interface GoModule {
  path: string;
  version: string;
  sum: string;
  /** The module that this one stands in for, as `path version`. */
  replaces?: string;
}

/** What Go wrote into a program. */
export interface GoProgram {
  /** Exact, without `go`: 1.26.8. */
  goVersion: string;
  /** The main package. */
  packagePath: string;
  /** The module that was built; absent when it was built without modules. */
  main?: GoModule;
  dependencies: GoModule[];
  /** The build settings that change the program, such as `GOOS=linux`, in Go's order. */
  settings: string[];
}

/**
 * Reads the output of `go version -m` for one program: a line with the version, then lines of tab-separated words that
 * begin with a tab (https://pkg.go.dev/runtime/debug#BuildInfo).
 * @throws Error that shows what cannot be read
 */
export function readModules(text: string): GoProgram {
  const [first = "", ...lines] = text.split("\n");
  const [, goVersion = ""] = /^.*: go(\S+)/.exec(first) ?? [];
  const program: GoProgram = { goVersion, packagePath: "", dependencies: [], settings: [] };
  for (const line of lines.filter((one) => one !== "")) {
    const [, word, path = "", version = "", sum = ""] = line.split("\t");
    const module = { path, version, sum };
    const last = program.dependencies.at(-1) ?? program.main;
    if (word === "path") program.packagePath = path;
    else if (word === "mod") program.main = module;
    else if (word === "dep") program.dependencies.push(module);
    else if (word === "=>" && last) Object.assign(last, module, { replaces: `${last.path} ${last.version}` });
    else if (word === "build") program.settings.push(path);
    else throw new Error(`a line of \`go version -m\` that cannot be read: ${JSON.stringify(line)}`);
  }
  if (goVersion === "" || program.packagePath === "") {
    throw new Error(
      `this is not what \`go version -m\` says of a program: ${JSON.stringify(text.slice(0, 500))}`,
    );
  }
  return program;
}
