"""Stand-ins for the repositories that Bazel itself asks for.

Bazel's own WORKSPACE suffix loads rules from repositories that it would fetch
from the internet, even where only C++ is built. The rules are native in the
Bazel versions that ask, so handing those out is enough.
"""

def _native(*names):
    return "\n".join(["%s = native.%s" % (name, name) for name in names]) + "\n"

# Repository -> path -> content.
STAND_INS = {
    "rules_cc": {
        "cc/BUILD.bazel": "",
        "cc/defs.bzl": _native(
            "cc_binary",
            "cc_import",
            "cc_library",
            "cc_proto_library",
            "cc_test",
            "cc_toolchain",
            "cc_toolchain_suite",
        ),
        # Bazel 9 has no CcInfo but this. Two files, since a name that is bound
        # here hides the global one.
        "cc/common/BUILD.bazel": "",
        "cc/common/cc_info.bzl": """\
load(":native.bzl", "NATIVE_CC_INFO")

CcInfo = NATIVE_CC_INFO
""",
        "cc/common/native.bzl": "NATIVE_CC_INFO = CcInfo\n",
    },
    "rules_java": {
        "java/BUILD.bazel": "",
        "java/defs.bzl": _native(
            "java_binary",
            "java_import",
            "java_library",
            "java_proto_library",
            "java_runtime",
            "java_test",
            "java_toolchain",
        ),
    },
    "rules_proto": {
        "proto/BUILD.bazel": "",
        "proto/defs.bzl": _native("proto_lang_toolchain", "proto_library"),
    },
    "rules_shell": {
        "shell/BUILD.bazel": "",
        "shell/sh_binary.bzl": _native("sh_binary"),
        "shell/sh_test.bzl": _native("sh_test"),
    },
    # Every cc_test refers to these two, whether coverage is collected or not.
    "remote_coverage_tools": {
        "BUILD.bazel": """\
package(default_visibility = ["//visibility:public"])

filegroup(name = "coverage_report_generator")

filegroup(name = "lcov_merger")
""",
    },
}

def _stand_in_repository_impl(repository_ctx):
    for path, content in repository_ctx.attr.files.items():
        repository_ctx.file(path, content, executable = False)

stand_in_repository = repository_rule(
    doc = "A repository of the given files.",
    implementation = _stand_in_repository_impl,
    attrs = {"files": attr.string_dict(doc = "Path -> content.")},
)
