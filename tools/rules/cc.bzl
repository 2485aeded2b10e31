"""The rules for C++, with "raft/" before the paths of headers.

Users write `#include "raft/cluster/server.h"`, and so do we: nothing of theirs
that is called cluster/server.h can be meant by it.
"""

load("@rules_cc//cc:defs.bzl", _cc_binary = "cc_binary", _cc_library = "cc_library", _cc_test = "cc_test")

def _is_header(label):
    return label.endswith(".h")

def cc_library(name, srcs = [], hdrs = [], deps = [], **kwargs):
    """A cc_library with "raft/" before the paths of its headers.

    Args:
      name: as of cc_library.
      srcs: as of cc_library. Headers among them stay private.
      hdrs: as of cc_library.
      deps: as of cc_library.
      **kwargs: as of cc_library.
    """
    private = [src for src in srcs if _is_header(src)]
    if private:
        # include_prefix is for hdrs alone.
        _cc_library(
            name = name + "_private",
            hdrs = private,
            include_prefix = "raft",
            strip_include_prefix = "/",
            testonly = kwargs.get("testonly"),
            visibility = ["//visibility:private"],
            deps = deps,
        )
        deps = deps + [":%s_private" % name]
    if hdrs:
        kwargs["include_prefix"] = "raft"
        kwargs["strip_include_prefix"] = "/"
    _cc_library(
        name = name,
        srcs = [src for src in srcs if not _is_header(src)],
        hdrs = hdrs,
        deps = deps,
        **kwargs
    )

cc_binary = _cc_binary

cc_test = _cc_test
