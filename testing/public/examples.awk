# Makes a C++ file of the examples in the head comment of a header: of what is
# indented by three spaces there.
#
#   awk -v header=cluster/server.h -f examples.awk cluster/server.h
#
# What a blank line sets apart is code if one of its lines ends in ";", "{" or
# "}". A declaration goes to the file's scope, all else into a function, in which
# the names of given.h are known. A line "..." stands for what is left out.

BEGIN {
  printf "#include \"raft/%s\"\n\n#include \"raft/testing/public/given.h\"\n", header
}

!/^\/\// { exit }

/^\/\/$/ { if (lines > 0 && depth == 0) EndParagraph(); next }

/^\/\/   / { Add(substr($0, 6)); next }

{ EndBlock() }

END { EndBlock(); print "\n// " examples + 0 " examples." }

function Add(line,    code) {
  if (lines == 0) first = NR
  paragraph[++lines] = line ~ /^ *\.\.\.$/ ? "" : line
  code = line
  sub(/ *\/\/.*$/, "", code)
  if (code ~ /[;{}]$/) is_code = 1
  depth += gsub(/\{/, "", code) - gsub(/\}/, "", code)
}

function EndParagraph(    declares) {
  # A function is told by its brace.
  declares = paragraph[1] ~ /^(#|class|struct|using|namespace|template|INSTANTIATE)/ ||
             paragraph[1] ~ /^[A-Za-z_:<>]+ [A-Z][A-Za-z]*\(.*\) \{$/
  if (is_code && declares) {
    outside = outside Lines()
  } else if (is_code) {
    inside = inside Lines()
  }
  lines = depth = is_code = 0
}

function Lines(    i, text) {
  text = "#line " first " \"" header "\"\n"
  for (i = 1; i <= lines; ++i) text = text paragraph[i] "\n"
  return text
}

# Each block has a scope of its own: two of them may use one name.
function EndBlock(    result) {
  if (lines > 0) EndParagraph()
  if (outside inside == "") return
  ++examples
  # GoogleTest's ASSERT_* want a function without a result.
  result = inside ~ /ASSERT_/ ? "void" : "int"
  print "\nnamespace example" examples " {"
  printf "%s", outside
  if (inside != "") {
    print result " Example() {"
    printf "%s", inside
    print (result == "int" ? "return 0;\n" : "") "}"
  }
  print "}  // namespace example" examples
  outside = inside = ""
}
