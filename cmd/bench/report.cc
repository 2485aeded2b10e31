#include "raft/cmd/bench/report.h"

#include <algorithm>
#include <functional>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"

namespace raft_cluster::internal {
namespace {

struct Figure {
  std::string key;    // In JSON.
  std::string label;  // In the table.
  int digits = 0;
  std::function<double(const Sample& sample)> of;
  bool largest = false;  // Not the median but the largest sums it up.
};

struct Range {
  double median = 0, min = 0, max = 0;
};

// Of several rounds. REQUIRES: there are some.
Range Summarize(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  const size_t middle = values.size() / 2;
  const double median = values.size() % 2 == 1
                            ? values[middle]
                            : (values[middle - 1] + values[middle]) / 2;
  return {median, values.front(), values.back()};
}

std::vector<Figure> FiguresOf(const Plan& plan, const Samples& samples) {
  const double size = static_cast<double>(plan.size_bytes);
  std::vector<Figure> figures = {
      {"messages_per_second", "messages/s", 0,
       [](const Sample& s) { return s.messages_per_second; }},
      {"megabytes_per_second", "MB/s", 1,
       [size](const Sample& s) { return s.messages_per_second * size / 1e6; }},
      {"cpu_ns_per_message", "CPU ns per message", 0,
       [](const Sample& s) { return s.cpu_ns_per_message; }},
  };
  const bool timed = std::all_of(
      samples.begin(), samples.end(), [](const std::vector<Sample>& rounds) {
        return std::all_of(rounds.begin(), rounds.end(),
                           [](const Sample& s) { return s.latency.count > 0; });
      });
  if (timed) {
    using Latency = Sample::Latency;
    const auto add = [&](const char* key, double Latency::*field) {
      figures.push_back(
          {absl::StrCat("latency_us_", key), absl::StrCat("latency us, ", key),
           1, [field](const Sample& s) { return s.latency.*field / 1000; }});
    };
    add("p50", &Latency::p50_ns);
    add("p90", &Latency::p90_ns);
    add("p99", &Latency::p99_ns);
    add("p99.9", &Latency::p999_ns);
    add("max", &Latency::max_ns);
    figures.back().largest = true;
  }
  figures.push_back({"peak_mib", "peak memory, MiB", 1,
                     [](const Sample& s) { return s.peak_bytes / (1 << 20); },
                     /*largest=*/true});
  return figures;
}

Range RangeOf(const Figure& figure, const std::vector<Sample>& rounds) {
  std::vector<double> values;
  for (const Sample& sample : rounds) values.push_back(figure.of(sample));
  return Summarize(std::move(values));
}

// Round by round, as the machine's own speed changes between rounds.
Range RatioOf(const Figure& figure, const std::vector<Sample>& ours,
              const std::vector<Sample>& baseline) {
  std::vector<double> values;
  for (size_t i = 0; i < ours.size(); ++i) {
    const double base = figure.of(baseline[i]);
    values.push_back(base == 0 ? 0 : figure.of(ours[i]) / base);
  }
  return Summarize(std::move(values));
}

std::vector<size_t> Contenders(const Plan& plan, bool baselines) {
  std::vector<size_t> numbers;
  for (size_t i = 0; i < plan.contenders.size(); ++i) {
    if (plan.contenders[i].baseline() == baselines) numbers.push_back(i);
  }
  return numbers;
}

std::string ShowRange(const Range& range, int digits) {
  return absl::StrCat("   (", ShowNumber(range.min, digits), "..",
                      ShowNumber(range.max, digits), ")");
}

void EndLine(std::string& table) {
  table.erase(table.find_last_not_of(' ') + 1);
  table.push_back('\n');
}

// What one of ours has done, beside all baselines.
void AppendTable(const Plan& plan, const Samples& samples, size_t ours,
                 std::string& table) {
  const std::vector<size_t> baselines = Contenders(plan, /*baselines=*/true);
  const bool ranges = samples[ours].size() > 1;
  absl::StrAppendFormat(&table, "%20s%15s", "", plan.contenders[ours].name);
  for (const size_t baseline : baselines) {
    absl::StrAppendFormat(&table, "%15s", plan.contenders[baseline].name);
  }
  for (const size_t baseline : baselines) {
    const std::string& name = plan.contenders[baseline].name;
    absl::StrAppendFormat(&table, "%9s",
                          absl::StrCat("x ", name.substr(0, name.find(' '))));
    if (ranges) absl::StrAppendFormat(&table, "%-17s", "   (min..max)");
  }
  if (baselines.empty() && ranges) absl::StrAppend(&table, "   (min..max)");
  EndLine(table);
  for (const Figure& figure : FiguresOf(plan, samples)) {
    absl::StrAppendFormat(&table, "%-20s", figure.label);
    const auto append_value = [&](size_t who) {
      const Range range = RangeOf(figure, samples[who]);
      const double value = figure.largest ? range.max : range.median;
      absl::StrAppendFormat(&table, "%15s", ShowNumber(value, figure.digits));
    };
    append_value(ours);
    for (const size_t baseline : baselines) append_value(baseline);
    for (const size_t baseline : baselines) {
      const Range ratio = RatioOf(figure, samples[ours], samples[baseline]);
      absl::StrAppendFormat(&table, "%8.2fx", ratio.median);
      if (ranges) absl::StrAppendFormat(&table, "%-17s", ShowRange(ratio, 2));
    }
    if (baselines.empty() && ranges) {
      absl::StrAppend(&table,
                      ShowRange(RangeOf(figure, samples[ours]), figure.digits));
    }
    EndLine(table);
  }
}

std::string ShowJson(const Range& range) {
  return absl::StrFormat("{\"median\": %.9g, \"min\": %.9g, \"max\": %.9g}",
                         range.median, range.min, range.max);
}

const char* ShowJson(bool value) { return value ? "true" : "false"; }

}  // namespace

std::string ShowNumber(double value, int digits) {
  std::string text = absl::StrFormat("%.*f", digits, value);
  const size_t point = std::min(text.find('.'), text.size());
  const size_t first = text[0] == '-' ? 1 : 0;
  for (size_t at = point; at > first + 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string ShowTable(const Plan& plan, const Samples& samples) {
  std::string table = absl::StrCat(plan.Describe(), "\n");
  for (const size_t ours : Contenders(plan, /*baselines=*/false)) {
    table.push_back('\n');
    AppendTable(plan, samples, ours, table);
  }
  return table;
}

std::string ShowJson(const Plan& plan, const Samples& samples) {
  const std::vector<Figure> figures = FiguresOf(plan, samples);
  std::vector<std::string> contenders;
  for (size_t i = 0; i < samples.size(); ++i) {
    std::string text =
        absl::StrCat("    {\"name\": \"", plan.contenders[i].name, "\"");
    for (const Figure& figure : figures) {
      absl::StrAppend(&text, ",\n     \"", figure.key,
                      "\": ", ShowJson(RangeOf(figure, samples[i])));
    }
    contenders.push_back(absl::StrCat(text, "}"));
  }
  std::string json = absl::StrFormat(
      "{\"mode\": \"%s\", \"servers\": %d, \"size\": %d, \"senders\": %d,\n"
      " \"rate\": %.9g, \"seconds\": %.9g, \"rounds\": %d,\n"
      " \"one_core\": %s, \"batch\": %s, \"spin_us\": %.9g,\n"
      " \"contenders\": [\n%s]",
      plan.mode_name, plan.servers, plan.size_bytes, plan.senders, plan.rate,
      absl::ToDoubleSeconds(plan.duration), plan.rounds,
      ShowJson(plan.one_core), ShowJson(plan.batch),
      absl::ToDoubleMicroseconds(plan.spin), absl::StrJoin(contenders, ",\n"));
  std::vector<std::string> ratios;
  for (const size_t ours : Contenders(plan, /*baselines=*/false)) {
    for (const size_t baseline : Contenders(plan, /*baselines=*/true)) {
      std::string text =
          absl::StrCat("    {\"of\": \"", plan.contenders[ours].name,
                       "\", \"to\": \"", plan.contenders[baseline].name, "\"");
      for (const Figure& figure : figures) {
        absl::StrAppend(
            &text, ",\n     \"", figure.key, "\": ",
            ShowJson(RatioOf(figure, samples[ours], samples[baseline])));
      }
      ratios.push_back(absl::StrCat(text, "}"));
    }
  }
  if (!ratios.empty()) {
    absl::StrAppend(&json, ",\n \"ratios\": [\n", absl::StrJoin(ratios, ",\n"),
                    "]");
  }
  return absl::StrCat(json, "}\n");
}

}  // namespace raft_cluster::internal
