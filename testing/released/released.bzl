"""What was released before, as a repository of its own, to be run against this.

The archive is what `pack.sh` makes of a commit: all that the server is built of,
and none of its tests. It builds from its own BUILD files, with the same packages
of the system, and shares no code with this repository.
"""

def _released_repository_impl(repository_ctx):
    repository_ctx.extract(repository_ctx.attr.archive)

    # Its server was for its own tests only.
    build = repository_ctx.read("cmd/BUILD.bazel")
    repository_ctx.file(
        "cmd/BUILD.bazel",
        build.replace("//testing:__subpackages__", "//visibility:public"),
        executable = False,
    )

released_repository = repository_rule(
    doc = "The sources of a release.",
    implementation = _released_repository_impl,
    attrs = {
        "archive": attr.label(
            doc = "Made by pack.sh.",
            allow_single_file = True,
            mandatory = True,
        ),
    },
)
