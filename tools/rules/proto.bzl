"""C++ of protos, by the protoc of the system.

    load("@raft//tools/rules:proto.bzl", "cc_protos")

    cc_protos(name = "order", srcs = ["order.proto"], deps = ["@raft//proto"])

The native rules differ from one version of Bazel to the next, and cannot give
our protos the path `raft/proto/...`. This is one spelling for all of them.
"""

load("@rules_cc//cc:defs.bzl", "cc_library")
load("@rules_cc//cc/common:cc_info.bzl", "CcInfo")

ProtosInfo = provider(
    doc = "What protoc needs to import the protos of a target.",
    fields = {
        "files": "depset of File",
        "paths": "depset of '-INAME=FILE' for protoc",
    },
)

# From the root of the repository that the file is in.
def _path(file):
    if file.short_path.startswith("../"):
        return file.short_path.split("/", 2)[2]
    return file.short_path

def _generated_impl(ctx):
    srcs = ctx.files.srcs
    prefix = ctx.attr.prefix + "/" if ctx.attr.prefix else ""
    names = [prefix + _path(src) for src in srcs]
    infos = [dep[ProtosInfo] for dep in ctx.attr.deps]
    files = depset(srcs, transitive = [info.files for info in infos])
    paths = depset(
        ["-I%s=%s" % (name, src.path) for name, src in zip(names, srcs)],
        transitive = [info.paths for info in infos],
    )

    stems = [name[:-len(".proto")] for name in names]
    headers = [
        ctx.actions.declare_file("%s/%s.pb.h" % (ctx.label.name, stem))
        for stem in stems
    ]
    sources = [
        ctx.actions.declare_file("%s/%s.pb.cc" % (ctx.label.name, stem))
        for stem in stems
    ]
    arguments = ctx.actions.args()
    arguments.add("--cpp_out=" + headers[0].path[:-len("/%s.pb.h" % stems[0])])
    arguments.add_all(paths)
    arguments.add_all(names)
    ctx.actions.run(
        executable = ctx.executable._protoc,
        arguments = [arguments],
        inputs = files,
        outputs = headers + sources,
        mnemonic = "Protoc",
        progress_message = "Generating C++ of %s" % ctx.label,
    )
    return [
        DefaultInfo(files = depset(headers + sources)),
        OutputGroupInfo(headers = depset(headers), sources = depset(sources)),
        ProtosInfo(files = files, paths = paths),
    ]

_generated = rule(
    implementation = _generated_impl,
    attrs = {
        "deps": attr.label_list(providers = [ProtosInfo]),
        "prefix": attr.string(),
        "srcs": attr.label_list(
            allow_empty = False,
            allow_files = [".proto"],
            mandatory = True,
        ),
        "_protoc": attr.label(
            default = Label("@com_google_protobuf//:protoc"),
            allow_single_file = True,
            cfg = "exec",
            executable = True,
        ),
    },
)

def _cc_protos_impl(ctx):
    return [
        ctx.attr.code[CcInfo],
        ctx.attr.code[DefaultInfo],
        ctx.attr.generated[ProtosInfo],
    ]

_cc_protos = rule(
    implementation = _cc_protos_impl,
    attrs = {
        "code": attr.label(providers = [CcInfo]),
        "generated": attr.label(providers = [ProtosInfo]),
    },
)

def cc_protos(name, srcs, deps = [], prefix = "", **kwargs):
    """C++ of protos, as a target that cc_library can depend on.

    Args:
      name: of the target.
      srcs: .proto files. Each is imported, and its header included, by its path
        from the root of its repository.
      deps: targets of cc_protos whose protos they import. Those that come with
        protobuf need not be named.
      prefix: what that path is to begin with.
      **kwargs: testonly and visibility.
    """
    hidden = {
        "testonly": kwargs.get("testonly"),
        "visibility": ["//visibility:private"],
    }
    generated = name + "_generated"
    _generated(
        name = generated,
        srcs = srcs,
        prefix = prefix,
        deps = deps,
        **hidden
    )
    for group in ["headers", "sources"]:
        native.filegroup(
            name = "%s_%s" % (name, group),
            srcs = [generated],
            output_group = group,
            **hidden
        )
    cc_library(
        name = name + "_code",
        srcs = [name + "_sources"],
        hdrs = [name + "_headers"],
        strip_include_prefix = generated,
        deps = deps + [Label("@com_google_protobuf//:protobuf")],
        **hidden
    )
    _cc_protos(
        name = name,
        code = name + "_code",
        generated = generated,
        **kwargs
    )
