"""What users may include."""

load("@rules_cc//cc:defs.bzl", "cc_library")

# Header -> the target that a user depends on for it. A header that is not here
# is internal, whatever its target's visibility.
PUBLIC_HEADERS = {
    "base/pid.h": "//base:pid",
    "base/pin.h": "//base:pin",
    "cluster/config.h": "//cluster:config",
    "cluster/handler.h": "//cluster:handler",
    "cluster/options.h": "//cluster:core",
    "cluster/receipt.h": "//cluster:received",
    "cluster/received.h": "//cluster:received",
    "cluster/server.h": "//cluster:core",
    "testing/faulty/faulty.h": "//testing/faulty",
    "testing/local_addresses.h": "//testing:local_addresses",
    "testing/local_cluster.h": "//testing:local_cluster",
    "testing/simulation/counts.h": "//testing/simulation",
    "testing/simulation/simulation.h": "//testing/simulation",
    "testing/transport/conformance.h": "//testing:transport_conformance",
    "transport/builtin/builtin.h": "//transport/builtin",
    "transport/forwarding_transport.h": "//transport",
    "transport/frame.h": "//transport",
    "transport/registry.h": "//transport:registry",
    "transport/transport.h": "//transport",
    "transport/url.h": "//transport:url",
}

# What a strict user compiles with.
_STRICT = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Werror",
]

def public_headers(name):
    """A library that compiles each public header alone, under many warnings.

    Args:
      name: of the library; `NAME_list` is a file with the headers, a line each.
    """
    libraries = []
    for header, target in PUBLIC_HEADERS.items():
        library = "%s_%s" % (name, header.replace("/", "_").replace(".", "_"))
        native.genrule(
            name = library + "_source",
            outs = [library + ".cc"],
            # Twice, so that a guard that is missing shows.
            cmd = "printf '#include \"raft/%s\"\\n%%.0s' 1 2 > $@" % header,
        )
        cc_library(
            name = library,
            testonly = True,
            srcs = [library + ".cc"],
            copts = _STRICT,
            deps = [target],
        )
        libraries.append(library)
    cc_library(
        name = name,
        testonly = True,
        deps = libraries,
    )
    native.genrule(
        name = name + "_list",
        outs = [name + ".txt"],
        cmd = "printf '%%s\\n' %s > $@" % " ".join(PUBLIC_HEADERS.keys()),
    )
