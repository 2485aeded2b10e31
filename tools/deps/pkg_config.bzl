"""A system library as an external repository, found through pkg-config.

Works wherever pkg-config knows the library: Debian, Fedora, Homebrew, or a
prefix of one's own in PKG_CONFIG_PATH. The labels are those of the library's
own Bazel build, so that a repository built from source can take its place.
"""

# The compiler looks here by itself; other folders' headers must be named.
_SYSTEM_INCLUDE_DIRS = ["/usr/include", "/usr/local/include"]

def _missing(repository_ctx, what):
    fail("""

  {what} is missing, which {name} needs.
  On Debian and its kin:  sudo apt install {debian}
  ('./bazelw --check' lists all that is missing, './bazelw' installs it)
""".format(
        what = what,
        name = "@" + repository_ctx.name,
        debian = " ".join(repository_ctx.attr.debian),
    ))

def _program(repository_ctx, name):
    found = repository_ctx.which(name)
    if not found:
        _missing(repository_ctx, "the program '%s'" % name)
    return found

def _pkg_config(repository_ctx, option, modules):
    """Returns the tokens that `pkg-config OPTION MODULES` prints."""
    program = repository_ctx.os.environ.get("PKG_CONFIG") or repository_ctx.which("pkg-config")
    if not program:
        fail("\n\n  pkg-config is missing.\n  On Debian and its kin:  sudo apt install pkg-config\n")
    result = repository_ctx.execute([program, option] + modules)
    if result.return_code != 0:
        _missing(repository_ctx, "pkg-config's module '%s'" % " ".join(modules))
    return [token for token in result.stdout.replace("\n", " ").split(" ") if token]

def _link_options(repository_ctx, tokens):
    """Returns the linkopts of a target, in the order that pkg-config gave."""
    modules = [token for token in tokens if not token.startswith("-")]
    options = [token for token in tokens if token.startswith("-")]

    # Neither sorted nor made unique: abseil's hold push-state/pop-state pairs.
    for option in _pkg_config(repository_ctx, "--libs", modules):
        options.append(option)
        if option.startswith("-L"):
            options.append("-Wl,-rpath," + option[2:])
    return options

def _headers(repository_ctx, module):
    """Returns the target that gives the headers, linked in as `include`."""
    [include_dir] = _pkg_config(repository_ctx, "--variable=includedir", [module])
    repository_ctx.symlink(include_dir, "include")
    globs = ["include/" + header for header in repository_ctx.attr.headers]
    defines = [
        option[2:]
        for option in _pkg_config(repository_ctx, "--cflags-only-other", [module])
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
        hdrs = [] if include_dir in _SYSTEM_INCLUDE_DIRS else "glob(%s)" % globs,
        defines = defines,
        includes = [] if include_dir in _SYSTEM_INCLUDE_DIRS else ["include"],
    )

def _pkg_config_repository_impl(repository_ctx):
    packages = {"": ""}  # Package -> content of its BUILD file.
    any_module = ""
    for label, tokens in repository_ctx.attr.targets.items():
        package, name = label.split(":")
        tokens = tokens.split(" ")
        any_module = tokens[-1]
        packages[package] = packages.get(package, "") + """
cc_library(
    name = "{name}",
    linkopts = {linkopts},
    deps = ["//:headers"],
)
""".format(name = name, linkopts = _link_options(repository_ctx, tokens))

    packages[""] += _headers(repository_ctx, any_module)
    for name in repository_ctx.attr.programs:
        repository_ctx.symlink(_program(repository_ctx, name), name)
    if repository_ctx.attr.build_file:
        packages[""] += repository_ctx.read(repository_ctx.attr.build_file)

    for package, content in packages.items():
        repository_ctx.file(
            (package + "/" if package else "") + "BUILD.bazel",
            "package(default_visibility = [\"//visibility:public\"])\n" + content,
            executable = False,
        )

pkg_config_repository = repository_rule(
    implementation = _pkg_config_repository_impl,
    local = True,
    configure = True,
    environ = [
        "PATH",
        "PKG_CONFIG",
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
            doc = "Label, as in 'absl/status:statusor' or ':gtest' -> link " +
                  "options (if any) and pkg-config modules (the last being " +
                  "one), separated by blanks.",
            mandatory = True,
        ),
    },
)
