/** What the source build refuses a release for: the names that buildspec/source.sh and its parts give. */
export const SOURCE_REFUSALS = [
  ...["CgoError", "CredentialsError", "GoVersionError", "HeadNotTaggedError", "MainPackageError"],
  ...["MalformedTagError", "ModuleDownloadError", "NotAGoModuleError", "OutsideTreeError", "RepositoryError"],
  ...["SignersError", "TagNotFoundError", "UnreachableTagError", "UnsignedTagError", "UntrustedTagError"],
  "UnusableTreeError",
];

/** Errors that say something about the release: asking again would give the same answer. */
export const FINAL_ERRORS = [
  ...SOURCE_REFUSALS,
  ...["ArtifactConflictError", "ArtifactRefusedError", "BuildFailedError", "BuildReportMissingError"],
  ...[
    "BuildStoppedError",
    "CurrentFullError",
    "CurrentMissingError",
    "DocumentConflictError",
    "InvalidPromoteRequestError",
    "InvalidReleaseRequestError",
  ],
  ...[
    "MovedTagError",
    "PatchNotProvedError",
    "PromoteRefusedError",
    "PublishRefusedError",
    "SourceRefusedError",
  ],
  "YankedVersionError",
];

/** Errors that a machine waits for in a way of its own. */
export const AWAITED_ERRORS = ["ConcurrentPublishError", "InvalidationFailedError", "NotRecordedYetError"];
