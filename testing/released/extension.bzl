"""The same as the WORKSPACE declares, for modules."""

load(":released.bzl", "released_repository")

def _released_impl(_module_ctx):
    released_repository(
        name = "raft_released",
        archive = Label("//testing/released:raft.tar.gz"),
    )

released = module_extension(implementation = _released_impl)
