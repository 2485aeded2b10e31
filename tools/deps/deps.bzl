"""All that a WORKSPACE needs to build raft.

    load("@raft//tools/deps:deps.bzl", "raft_deps")

    raft_deps()

A repository that the WORKSPACE declared earlier under the same name is left
alone: a workspace that prefers an upstream abseil, say, declares it before the call.
"""

load(":bazel.bzl", "STAND_INS", "stand_in_repository")
load(":packages.bzl", "PACKAGES")
load(":pkg_config.bzl", "pkg_config_repository")

# For users' own proto_library and cc_proto_library, which are native where
# there is a WORKSPACE.
_BUILD_FILES = {"com_google_protobuf": Label("//tools/deps:protobuf.BUILD")}

def raft_deps():
    """Declares every external repository that is not declared yet."""
    for name, files in STAND_INS.items():
        if not native.existing_rule(name):
            stand_in_repository(name = name, files = files)
    for name, package in PACKAGES.items():
        if not native.existing_rule(name):
            pkg_config_repository(
                name = name,
                build_file = _BUILD_FILES.get(name),
                **package
            )
