"""What users may include."""

load("@rules_cc//cc:defs.bzl", "cc_library")

# Header -> the target that a user depends on for it. A header that is not here
# is internal, whatever its target's visibility.
PUBLIC_HEADERS = {
    "base/assert.h": "//base:assert",
    "base/pid.h": "//base:pid",
    "base/pin.h": "//base:pin",
    "base/secret.h": "//base:secret",
    "base/version.h": "//base:version",
    "cluster/batch.h": "//cluster:received",
    "cluster/config.h": "//cluster:config",
    "cluster/driver.h": "//cluster:core",
    "cluster/handler.h": "//cluster:handler",
    "cluster/options.h": "//cluster:core",
    "cluster/receipt.h": "//cluster:received",
    "cluster/received.h": "//cluster:received",
    "cluster/reload_report.h": "//cluster:core",
    "cluster/send_when.h": "//cluster:received",
    "cluster/server.h": "//cluster:core",
    "status/metrics.h": "//status:metrics",
    "status/status_server.h": "//status",
    "testing/faulty/faulty.h": "//testing/faulty",
    "testing/local_addresses.h": "//testing:local_addresses",
    "testing/local_cluster.h": "//testing:local_cluster",
    "testing/simulation/control.h": "//testing/simulation",
    "testing/simulation/counts.h": "//testing/simulation",
    "testing/simulation/disk.h": "//testing/simulation",
    "testing/simulation/fault_weights.h": "//testing/simulation",
    "testing/simulation/simulation.h": "//testing/simulation",
    "testing/transport/conformance.h": "//testing:transport_conformance",
    "transport/builtin/builtin.h": "//transport/builtin",
    "transport/forwarding_transport.h": "//transport",
    "transport/frame.h": "//transport",
    "transport/registry.h": "//transport:registry",
    "transport/transport.h": "//transport",
    "transport/url.h": "//transport:url",
}

def export_public_headers():
    """Lets the tests read the public headers of the package that calls it."""
    prefix = native.package_name() + "/"
    native.exports_files(
        [
            header[len(prefix):]
            for header in PUBLIC_HEADERS
            if header.startswith(prefix) and "/" not in header[len(prefix):]
        ],
        visibility = [
            "//testing/documents:__pkg__",
            "//testing/public:__pkg__",
        ],
    )

# What a strict user compiles with.
_STRICT = [
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wshadow",
    "-Wconversion",
    "-Werror",
]

# Our own, and errors here, as this is a test.
_WARNINGS = [
    "-Wall",
    "-Wextra",
    "-Werror",
]

def public_headers(name):
    """A library that compiles each public header alone, under many warnings.

    Args:
      name: of the library; `NAME_list` is the list of the headers.
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
    public_header_list(name = name + "_list")

def public_header_list(name):
    """A file `NAME.txt` with the paths of the public headers, a line each.

    Args:
      name: of the target.
    """
    native.genrule(
        name = name,
        testonly = True,
        outs = [name + ".txt"],
        cmd = "printf '%%s\\n' %s > $@" % " ".join(PUBLIC_HEADERS.keys()),
    )

def header_examples(name, given):
    """A library that compiles the examples in the comments of public headers.

    Args:
      name: of the library; `NAME_sources` are the files that are compiled.
      given: a library of what the examples take as given.
    """
    libraries = []
    sources = []
    for header, target in PUBLIC_HEADERS.items():
        library = "%s_%s" % (name, header.replace("/", "_").replace(".", "_"))
        label = "//" + ":".join(header.rsplit("/", 1))
        script = "//testing/public:examples.awk"
        native.genrule(
            name = library + "_source",
            testonly = True,
            srcs = [label],
            outs = [library + ".cc"],
            cmd = "awk -v header=%s -f $(location %s) $(location %s) > $@" % (header, script, label),
            tools = [script],
        )
        cc_library(
            name = library,
            testonly = True,
            srcs = [library + ".cc"],
            copts = _WARNINGS,
            # What is given is only declared.
            linkstatic = True,
            deps = [target, given],
        )
        libraries.append(library)
        sources.append(library + ".cc")
    cc_library(
        name = name,
        testonly = True,
        linkstatic = True,
        deps = libraries,
    )
    native.filegroup(
        name = name + "_sources",
        testonly = True,
        srcs = sources,
    )
