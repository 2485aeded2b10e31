"""Sources of the product with mutants in them.

    mutated_sources(
        name = "link_mutants",
        srcs = ["//cluster/link:wire.cc"],
        patches = glob(["link/*.patch"]),
    )

makes a copy link_mutants/wire.cc to which all patches were applied, one after
the other, and a header link_mutants.h with the list of them, kLinkMutants. That
fails where a hunk does not fit exactly (lines may have moved, but may not have
changed), a patch has no comment or is not guarded by its own name, or no patch
is for one of the sources. Patches see each other's changes, so two that are
close to each other want fewer lines of context: one (`diff -U1`) is enough.
"""

def mutated_sources(name, srcs, patches, **kwargs):
    """Patches copies of sources, and lists the patches.

    Args:
      name: of the target, of the folder of the copies, and of the header.
      srcs: labels of sources that the patches are for.
      patches: what to apply, in the order of their names.
      **kwargs: as of genrule.
    """
    copies = ["%s/%s" % (name, src.split(":")[-1]) for src in srcs]
    header = name + ".h"
    words = [word.capitalize() for word in name.split("_")]
    arguments = ["k" + "".join(words), "$(RULEDIR)/" + name, "$(location %s)" % header]
    arguments += ["$(location %s)" % patch for patch in sorted(patches)]
    arguments += ["--"] + ["$(location %s)" % src for src in srcs]
    native.genrule(
        name = name,
        srcs = srcs + patches,
        outs = [header] + copies,
        cmd = " ".join(["$(location apply.sh)"] + arguments),
        tools = ["apply.sh"],
        **kwargs
    )
