"""The same libraries as raft_deps() declares, for modules.

    libraries = use_extension("@raft//tools/deps:extension.bzl", "libraries")
    use_repo(libraries, "com_google_absl", "com_google_googletest")
"""

load(":packages.bzl", "PACKAGES")
load(":pkg_config.bzl", "pkg_config_repository")

def _libraries_impl(_module_ctx):
    for name, package in PACKAGES.items():
        pkg_config_repository(name = name, **package)

libraries = module_extension(implementation = _libraries_impl)
