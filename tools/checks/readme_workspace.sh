#!/bin/bash
# Builds and runs what README shows under "In a workspace of yours", copied out
# of it into an empty folder, with the repository beside it:
#
#   tools/checks/readme_workspace.sh
#
# A file is what stands between the fences after a line that has its name in
# backquotes and ends in a colon; hello.cc is the program in C++. It is the
# WORKSPACE that is tried: module mode wants a registry or what stands in for it.
set -eu
root=$(cd -- "$(dirname -- "$0")/../.." && pwd)

work=$(mktemp -d)
end() {
  (cd "$work/yours" && bazel "--output_base=$work/output" shutdown) || :
  chmod -R u+w "$work" && rm -rf "$work"
}
trap end EXIT
mkdir "$work/yours" && ln -s "$root" "$work/raft" && cd "$work/yours"

awk '
  /^```/ {
    if (open) close(file)
    else if ($0 == "```cpp") file = "hello.cc"
    if (open) file = ""
    open = !open && file != ""
    next
  }
  open { print >file; next }
  /^## / { ours = ($0 == "## In a workspace of yours"); file = "" }
  ours && /:$/ && match($0, /`[A-Za-z._]+`/) { file = substr($0, RSTART + 1, RLENGTH - 2) }
' "$root/README.md"

for file in hello.cc BUILD.bazel .bazelrc WORKSPACE MODULE.bazel; do
  [ -s "$file" ] || { echo "FAILED: README shows no $file"; exit 1; }
done
"$root/bazelw" "--output_base=$work/output" run //:hello | tee said
grep -qx '1 -> 2: hello there' said ||
  { echo "FAILED: the program did not say what README's reader expects"; exit 1; }
