#include "raft/cluster/config/json_habits.h"

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"

namespace raft_cluster::internal {
namespace {

constexpr size_t kMaxExcerptBytes = 40;

// The word at `offset`, as far as it may be shown.
std::string WordAt(absl::string_view text, size_t offset) {
  size_t end = offset;
  while (end < text.size() && end - offset < kMaxExcerptBytes &&
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

// What looks like a blank and is none in JSON: form feed and vertical tab, and
// what word processors write.
bool IsForeignBlank(absl::string_view text) {
  for (const absl::string_view blank :
       {"\f", "\v", "\xc2\xa0", "\xe2\x80\x8b", "\xef\xbb\xbf"}) {
    if (absl::StartsWith(text, blank)) return true;
  }
  return false;
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
      if (before == ':') return "there is no value after the colon";
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
      return "there is no value before the comma";
    case ';':
      return "\";\" means nothing in JSON; parts are separated by commas";
    case '+':
      return "a number has no plus sign before it";
    case '.':
      return "a number begins with a digit";
    case ':':
      if (before == ':') return "there are two colons; take one out";
      return "there is no name of a field in quotes before the colon";
    default:
      if (wants_colon) return "a colon is missing before this";
      if (IsForeignBlank(text.substr(offset))) {
        return "between its parts JSON has blanks, tabs and line ends only; "
               "this is another blank character";
      }
      if ((c & 0x80) != 0) {
        return "a text stands in double quotes (\"), plain ones";
      }
      if (offset > 0 && text[offset - 1] == '0') {
        if (absl::ascii_isdigit(c)) return "a number does not begin with 0";
        if (c == 'x' || c == 'X') return "a number is a decimal one";
      }
      if (absl::ascii_isdigit(c)) {
        return before == '{' || before == ','
                   ? "the name of a field stands in quotes"
                   : "a comma is missing before this";
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
  if (absl::StrContains(why, "hex digits")) {
    return "after \\u come four digits, 0 to 9 and a to f";
  }
  if (absl::StrContains(why, "surrogate")) {
    return "this \\u is one half of a character, and the other half is not "
           "beside it";
  }
  return std::string(why.substr(0, why.find("; last read")));
}

}  // namespace raft_cluster::internal
