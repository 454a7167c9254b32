#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <exception>
#include <functional>
#include <stdexcept>

#include "deploy/weir/commands.h"
#include "deploy/weir/exit_code.h"
#include "deploy/weir/log_lines.h"
#include "deploy/weir/version.h"
#include "pipeline/core/log/log.h"

namespace {

using namespace weir;

struct Flags {
  CommonOptions common;
  RunOptions run;
  VerifyOptions verify;
  ReplayOptions replay;
  DemoOptions demo;
  StateOptions state;
  std::string against;
  std::string graph_format = "text";
  std::string name;
  std::string log_level = "info";
  std::string log_format = "logfmt";
};

CLI::App* command(CLI::App& app, const std::string& name, const std::string& doc,
                  const std::string& example, std::function<int()> run,
                  std::function<int()>& chosen) {
  CLI::App* sub = app.add_subcommand(name, doc);
  sub->footer("Example:\n  " + example);
  sub->callback([run = std::move(run), &chosen] { chosen = run; });
  return sub;
}

void add_pipeline(CLI::App* sub, Flags& flags) {
  sub->add_option("FILE", flags.common.pipeline.file, "the pipeline file (YAML)")->required();
  sub->add_option("--set", flags.common.pipeline.set,
                  "override one value, as path=value (repeatable): --set engine.epoch=25ms")
      ->allow_extra_args(false);
  sub->add_option("--env-file", flags.common.pipeline.env_file,
                  "file of NAME=value lines for ${NAME}; they take precedence over the "
                  "environment");
}

void add_json(CLI::App* sub, Flags& flags) {
  sub->add_flag("--json", flags.common.json, "print JSON on stdout");
}

void add_control(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  for (const auto& [name, doc] :
       {std::pair("freeze",
                  "Stop a running model from learning; it still scores. Recorded, so that a replay "
                  "repeats it"),
        std::pair("unfreeze", "Let a frozen model learn again")}) {
    CLI::App* sub = command(
        app, name, doc, fmt::format("weir {} fraud.yaml fraud", name),
        [&flags, name = std::string(name)] {
          return control_command(flags.common, name, flags.name);
        },
        chosen);
    add_pipeline(sub, flags);
    sub->add_option("OPERATOR", flags.name, "a model of the pipeline")->required();
    add_json(sub, flags);
  }
}

void add_run(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "run", "Run a pipeline until stopped (SIGTERM or Ctrl-C)",
      "weir run fraud.yaml --set kafka.bootstrap.servers=localhost:9092",
      [&] { return run_command(flags.common, flags.run); }, chosen);
  add_pipeline(sub, flags);
  sub->add_option("--reset-state", flags.run.reset,
                  "operator that starts cold; recorded as a change (repeatable)")
      ->allow_extra_args(false);
  sub->add_flag("--accept-new-logic", flags.run.accept_new_logic,
                "continue although this program's arithmetic differs from what is recorded");
}

void add_check(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "check", "Check a pipeline file and print its graph; never connects",
      "weir check fraud.yaml --against running.yaml",
      [&] { return check_command(flags.common, flags.against); }, chosen);
  add_pipeline(sub, flags);
  sub->add_option("--against", flags.against,
                  "OLD.yaml: print which parts of its state start cold under this file, and why "
                  "(--set does not apply to it)");
  add_json(sub, flags);
}

void add_graph(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "graph", "Print the graph of a pipeline", "weir graph fraud.yaml --format mermaid",
      [&] { return graph_command(flags.common, flags.graph_format); }, chosen);
  add_pipeline(sub, flags);
  sub->add_option("--format", flags.graph_format, "text, dot or mermaid")
      ->check(CLI::IsMember({"text", "dot", "mermaid"}));
}

void add_replay(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "replay", "Run a pipeline offline over files",
      "weir replay weather.yaml --input weather=weather.csv "
      "--output predictions=predictions.ndjson --json",
      [&] { return replay_command(flags.common, flags.replay); }, chosen);
  add_pipeline(sub, flags);
  add_json(sub, flags);
  sub->add_option("--input", flags.replay.inputs,
                  "SOURCE=PATH: CSV or NDJSON, also .gz .zst .bz2; `-` is stdin (repeatable)")
      ->allow_extra_args(false);
  sub->add_option("--output", flags.replay.outputs,
                  "SINK=PATH: what the sink would write; `-` is stdout (repeatable)")
      ->allow_extra_args(false);
  sub->add_flag("--drain", flags.replay.drain,
                "let time pass at the end until every wait has ended");
}

void add_demo(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "demo",
      "Run a whole pipeline on an in-process log: card fraud with late labels "
      "and two planted drifts",
      "weir demo --events 200000", [&] { return demo_command(flags.common, flags.demo); }, chosen);
  sub->add_option("--events", flags.demo.events,
                  "end after this many transactions (default: 100,000,000, more than an hour)")
      ->check(CLI::Range(std::uint64_t{1}, kMostDemoEvents));
  sub->add_option("--rate", flags.demo.rate, "transactions per second; 0: as fast as possible");
  sub->add_option("--seed", flags.demo.seed, "seed of the generator");
  sub->add_option("--write", flags.demo.write,
                  "write the pipeline and 2,000 events to this folder, then exit");
  sub->add_option("--set", flags.common.pipeline.set, "override one value, as path=value")
      ->allow_extra_args(false);
  add_json(sub, flags);
}

void add_verify(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "verify",
      "Replay what a running or stopped pipeline has recorded and compare every "
      "epoch; fences nobody, writes nothing",
      "weir verify fraud.yaml", [&] { return verify_command(flags.common, flags.verify); }, chosen);
  add_pipeline(sub, flags);
  add_json(sub, flags);
  sub->add_flag("--follow", flags.verify.follow,
                "continue with new epochs as they are committed, until stopped (exit 0) or one "
                "differs (exit 1)");
  sub->add_flag("--no-outputs", flags.verify.no_outputs,
                "do not look for the outputs in their topics");
}

void add_state(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "state",
      "List a pipeline's snapshots, on disk and in their topic, and what the newest holds; "
      "changes nothing, exits 1 if one is not usable",
      "weir state fraud.yaml --offline", [&] { return state_command(flags.common, flags.state); },
      chosen);
  add_pipeline(sub, flags);
  add_json(sub, flags);
  sub->add_flag("--offline", flags.state.offline, "only the disk: never connects");
}

void add_list(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "list", "List every source, operator, sink, step, learner, detector and function",
      "weir list", [&] { return list_command(flags.common); }, chosen);
  add_json(sub, flags);
}

void add_describe(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "describe", "Describe one component with its options", "weir describe ks_test",
      [&] { return describe_command(flags.common, flags.name); }, chosen);
  sub->add_option("NAME", flags.name, "a name that `weir list` shows")->required();
  add_json(sub, flags);
}

void add_schema(CLI::App& app, std::function<int()>& chosen) {
  command(
      app, "schema", "Print the JSON Schema of the pipeline file",
      "weir schema > pipeline.schema.json", [] { return schema_command(); }, chosen);
}

void add_version(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  CLI::App* sub = command(
      app, "version", "Print the version", "weir version",
      [&] { return version_command(flags.common); }, chosen);
  add_json(sub, flags);
}

void add_commands(CLI::App& app, Flags& flags, std::function<int()>& chosen) {
  add_run(app, flags, chosen);
  add_check(app, flags, chosen);
  add_graph(app, flags, chosen);
  add_replay(app, flags, chosen);
  add_demo(app, flags, chosen);
  add_verify(app, flags, chosen);
  add_control(app, flags, chosen);
  add_state(app, flags, chosen);
  add_list(app, flags, chosen);
  add_describe(app, flags, chosen);
  add_schema(app, chosen);
  add_version(app, flags, chosen);
}

int run(const std::function<int()>& chosen, const Flags& flags) {
  try {
    start_logging(flags.log_level, flags.log_format);
    return chosen();
  } catch (const std::invalid_argument& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return kUsage;
  } catch (const LogFailure& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return error.kind == LogFailure::Kind::unreachable ? kUnreachable
           : error.kind == LogFailure::Kind::fenced    ? kFenced
                                                       : kFailed;
  } catch (const std::exception& error) {
    fmt::print(stderr, "weir: {}\n", error.what());
    return kFailed;
  }
}

/// What was printed may still be in a buffer, and the disk may be full.
int with_stdout_written(int code) {
  const bool flushed = std::fflush(stdout) == 0;
  if (code != kDone || (flushed && std::ferror(stdout) == 0)) return code;
  fmt::print(stderr, "weir: cannot write to stdout{}{}\n", flushed ? "" : ": ",
             flushed ? "" : std::strerror(errno));
  return kFailed;
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app(
      "weir: online machine learning on Kafka. One YAML file declares sources, features, a "
      "model, drift detectors and sinks; weir scores, learns and watches, exactly once.",
      "weir");
  app.footer(
      "Example:\n  weir demo\n\nExit codes: 0 done, 1 failed while running, 2 wrong usage, "
      "69 broker not reachable,\n70 fenced by another owner (do not restart), 78 wrong "
      "pipeline file.");
  app.require_subcommand(1);
  app.set_version_flag("--version", version_text(), "print the version");
  app.add_option("--log-level", flags.log_level, "debug, info, warning or error")
      ->check(CLI::IsMember({"debug", "info", "warning", "error"}));
  app.add_option("--log-format", flags.log_format, "logfmt or json")
      ->check(CLI::IsMember({"logfmt", "json"}));
  app.fallthrough();
  std::function<int()> chosen;
  add_commands(app, flags, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return with_stdout_written(app.exit(error) == 0 ? kDone : kUsage);
  }
  return with_stdout_written(run(chosen, flags));
}
