#include "raft/cluster/config/json_habits.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMaxShownBytes = 40;

// The word at `offset`, as far as it may be shown.
std::string WordAt(absl::string_view text, size_t offset) {
  size_t end = offset;
  while (end < text.size() && end - offset < kMaxShownBytes &&
         (absl::ascii_isalnum(text[end]) || text[end] == '_' ||
          text[end] == '-')) {
    ++end;
  }
  return std::string(text.substr(offset, end - offset));
}

// The last character before `offset` that is no blank; 0 if there is none.
char Before(absl::string_view text, size_t offset) {
  const absl::string_view before =
      absl::StripTrailingAsciiWhitespace(text.substr(0, offset));
  return before.empty() ? '\0' : before.back();
}

std::string WordMistake(absl::string_view text, size_t offset) {
  const std::string word = WordAt(text, offset);
  const std::string number(absl::StripPrefix(word, "-"));
  if (number == "NaN" || number == "Infinity") {
    return absl::StrCat(word, " is no number in JSON");
  }
  const absl::string_view rest =
      absl::StripLeadingAsciiWhitespace(text.substr(offset + word.size()));
  if (absl::StartsWith(rest, ":")) {
    return absl::StrCat("the name of a field stands in quotes: \"", word, "\"");
  }
  return absl::StrCat("\"", word,
                      "\" is no value; a text stands in double quotes");
}

// The text runs on over its line, or over the end of the file.
bool IsOpenAt(absl::string_view text, size_t offset) {
  return text[offset] == '\n' || offset + 1 == text.size();
}

}  // namespace

std::string Habit(absl::string_view text, size_t offset, char open,
                  bool wants_colon) {
  const char c = text[offset];
  const char before = Before(text, offset);
  switch (c) {
    case '\'':
      return "a text stands in double quotes (\"), not in single ones";
    case '/':
    case '#':
      return "JSON has no comments; take it out";
    case '}':
    case ']':
      if (before == ',') {
        return absl::StrCat("there is nothing between the comma and \"",
                            std::string(1, c), "\"; take the comma out");
      }
      if (open == '\0') return "nothing is open here; take it out";
      if (c == '}' && open == '[') return "\"[\" is to be closed by \"]\"";
      if (c == ']' && open == '{') return "\"{\" is to be closed by \"}\"";
      return "";
    case '"':
    case '{':
    case '[':
      if (before == ',' || before == ':' || before == '{' || before == '[') {
        return "";
      }
      return absl::StrCat(wants_colon ? "a colon" : "a comma",
                          " is missing before this");
    case ',':
      if (before == ',') return "there are two commas; take one out";
      return "";
    default:
      if (absl::ascii_isdigit(c) && offset > 0 && text[offset - 1] == '0') {
        return "a number does not begin with 0";
      }
      if (absl::ascii_isalpha(c) || (c == '-' && offset + 1 < text.size() &&
                                     absl::ascii_isalpha(text[offset + 1]))) {
        return WordMistake(text, offset);
      }
      return "";
  }
}

size_t WrongTextAt(absl::string_view text, size_t begin, size_t offset) {
  return IsOpenAt(text, offset) ? begin : offset;
}

std::string WrongText(absl::string_view text, size_t offset,
                      absl::string_view why) {
  if (IsOpenAt(text, offset)) {
    return "the text that begins here has no closing quote in its line";
  }
  if (absl::StrContains(why, "UTF-8")) {
    return "the byte is not UTF-8; save the file as UTF-8";
  }
  if (absl::StrContains(why, "control character")) {
    return "a control character in a text is written with a backslash, such "
           "as \\t";
  }
  if (absl::StrContains(why, "backslash")) {
    return "after a backslash comes one of \" \\ / b f n r t u; a backslash "
           "itself is \\\\";
  }
  return std::string(why);
}

}  // namespace raft_cluster::internal
