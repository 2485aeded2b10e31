"""A system library as an external repository, found through pkg-config.

Works wherever pkg-config knows the library: Debian, Fedora, Homebrew, or a
prefix of your own in PKG_CONFIG_PATH. The labels are those of the library's
own Bazel build, so that a repository built from source can take its place.
"""

# The compiler looks here by itself; other folders' headers must be named.
_SYSTEM_INCLUDE_DIRS = ["/usr/include", "/usr/local/include"]

def _pkg_config(repository_ctx, arguments):
    """Returns the tokens that pkg-config prints, or None where it fails."""
    result = repository_ctx.execute(
        ["pkg-config"] + arguments,
        # Else -I/usr/include would not be told.
        environment = {"PKG_CONFIG_ALLOW_SYSTEM_CFLAGS": "1"},
    )
    if result.return_code != 0:
        return None
    return [token for token in result.stdout.replace("\n", " ").split(" ") if token]

def _modules(tokens):
    return [token for token in tokens.split(" ") if not token.startswith("-")]

def _link_options(tokens, libs):
    """Returns the linkopts for a target's tokens and pkg-config's answer."""
    options = [token for token in tokens.split(" ") if token.startswith("-")]

    # Neither sorted nor made unique: abseil's hold push-state/pop-state pairs.
    for option in libs:
        options.append(option)
        if option.startswith("-L"):
            options.append("-Wl,-rpath," + option[2:])
    return options

def _include_dir(repository_ctx, module):
    """Returns the folder of a module's headers."""
    named = _pkg_config(repository_ctx, ["--variable=includedir", module])
    if named:
        return named[0]

    # nlohmann_json names its folder in the flags alone.
    flags = _pkg_config(repository_ctx, ["--cflags-only-I", module])
    return flags[0][len("-I"):]

def _headers(repository_ctx, module):
    """Returns the target that gives the headers, linked in as `include`."""
    include_dir = _include_dir(repository_ctx, module)
    repository_ctx.symlink(include_dir, "include")
    by_itself = include_dir in _SYSTEM_INCLUDE_DIRS
    globs = ["include/" + header for header in repository_ctx.attr.headers]
    defines = [
        option[2:]
        for option in _pkg_config(repository_ctx, ["--cflags-only-other", module])
        if option.startswith("-D")
    ]
    return """
cc_library(
    name = "headers",
    hdrs = {hdrs},
    defines = {defines},
    includes = {includes},
)
""".format(
        hdrs = [] if by_itself else "glob(%s)" % globs,
        defines = defines,
        includes = [] if by_itself else ["include"],
    )

def _pkg_config_repository_impl(repository_ctx):
    libs = {
        tokens: _pkg_config(repository_ctx, ["--libs"] + _modules(tokens))
        for tokens in repository_ctx.attr.targets.values()
    }
    programs = {
        name: repository_ctx.which(name)
        for name in ["pkg-config"] + repository_ctx.attr.programs
    }
    missing = [
        "the program " + name
        for name, path in programs.items()
        if not path
    ] or [
        "pkg-config's " + " ".join(_modules(tokens))
        for tokens, found in libs.items()
        if found == None
    ]
    if missing:
        # At this depth, so that Bazel wraps it in as little as possible.
        fail("""

  Not found: {missing}.
  On Debian and its derivatives, install it with   sudo apt install {debian}
  or, with all else that is missing, with  ./bazelw
""".format(
            missing = ", ".join(missing),
            debian = " ".join(
                repository_ctx.attr.debian if programs["pkg-config"] else ["pkg-config"],
            ),
        ))

    packages = {"": ""}  # Package -> content of its BUILD file.
    for label, tokens in repository_ctx.attr.targets.items():
        package, name = label.split(":")
        packages[package] = packages.get(package, "") + """
cc_library(
    name = "{name}",
    linkopts = {linkopts},
    deps = ["//:headers"],
)
""".format(name = name, linkopts = _link_options(tokens, libs[tokens]))

    any_module = _modules(repository_ctx.attr.targets.values()[0])[0]
    packages[""] += _headers(repository_ctx, any_module)
    if repository_ctx.attr.build_file:
        packages[""] += repository_ctx.read(repository_ctx.attr.build_file)
    for name in repository_ctx.attr.programs:
        repository_ctx.symlink(programs[name], name)
        packages[""] += "\nexports_files([\"%s\"])\n" % name

    for package, content in packages.items():
        repository_ctx.file(
            (package + "/" if package else "") + "BUILD.bazel",
            """\
load("@rules_cc//cc:defs.bzl", "cc_library")

package(default_visibility = ["//visibility:public"])
""" + content,
            executable = False,
        )

pkg_config_repository = repository_rule(
    implementation = _pkg_config_repository_impl,
    local = True,
    configure = True,
    environ = [
        "PATH",
        "PKG_CONFIG_LIBDIR",
        "PKG_CONFIG_PATH",
    ],
    attrs = {
        "build_file": attr.label(
            doc = "Appended to the BUILD file of the repository's root.",
        ),
        "debian": attr.string_list(
            doc = "The Debian packages that bring all of this.",
            mandatory = True,
        ),
        "headers": attr.string_list(
            doc = "Globs of the library's own headers, below its include folder.",
            mandatory = True,
        ),
        "programs": attr.string_list(
            doc = "Programs to link into the root, found in PATH.",
        ),
        "targets": attr.string_dict(
            doc = "Label, as in 'absl/status:statusor' or ':gtest' -> " +
                  "pkg-config modules and link options of your own, " +
                  "separated by blanks.",
            mandatory = True,
        ),
    },
)
