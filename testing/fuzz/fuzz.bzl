"""Fuzzers, each with a small corpus that also runs as a plain test."""

load("//tools/rules:cc.bzl", "cc_binary", "cc_library", "cc_test")

def fuzz_target(name, srcs, deps):
    """A function LLVMFuzzerTestOneInput().

    <name>_test runs it over corpus/<name>/. The fuzzer itself is <name>, with
    --config=fuzz only.

    Args:
      name: of what is fuzzed.
      srcs: where the function is.
      deps: of the sources.
    """
    cc_library(
        name = name + "_target",
        srcs = srcs,
        deps = deps + [":input"],
        alwayslink = True,
    )
    cc_test(
        name = name + "_test",
        size = "small",
        args = ["testing/fuzz/corpus/" + name],
        data = native.glob(["corpus/" + name + "/*"]),
        deps = [
            ":run_corpus",
            ":%s_target" % name,
        ],
    )
    cc_binary(
        name = name,
        linkopts = ["-fsanitize=fuzzer"],
        tags = ["manual"],
        deps = [":%s_target" % name],
    )
