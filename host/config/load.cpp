// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/config/load.hpp"

#include "host/config/file.hpp"
#include "host/config/lists.hpp"
#include "host/config/sections.hpp"
#include "host/config/settings.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace tmon {

namespace {

constexpr std::int64_t max_crashes_kept = 1000;
constexpr std::int64_t min_block_list = 1024, max_block_list = 16 << 20;

std::vector<std::string> read_interfaces(const Value& value, Findings& findings) {
	std::vector<std::string> interfaces;
	const auto* list = read_array(value, "interfaces", findings);
	if (!list)
		return interfaces;
	std::map<std::string, std::size_t> first;
	for (std::size_t i = 0; i < list->size(); ++i) {
		const Value& element = (*list)[i];
		const std::string path = element_path("interfaces", i);
		const auto* name = read_string(element, path, findings);
		if (!name)
			continue;
		if (const auto error = interface_name_error(*name); !error.empty()) {
			findings.error(element.place, path + ": " + error);
			continue;
		}
		const auto [other, is_new] = first.emplace(*name, i);
		if (!is_new)
			findings.error(element.place, path + ' ' + quote(*name) + ": duplicate of " +
							  element_path("interfaces", other->second) + " at " +
							  findings.sources.describe((*list)[other->second].place));
		interfaces.push_back(*name);
	}
	return interfaces;
}

// One reading of one document.
class Interpreter {
public:
	Interpreter(const std::string& folder, const Overrides& overrides, const PluginCheck& check, Sources& sources,
		    Findings& findings)
	    : overrides_(overrides), check_(check), sources_(sources), findings_(findings),
	      lists_(folder, sources, findings) {}

	Config read(const Value& root);

private:
	void read_keys(const Value& root);
	void read_ring(const Value& value);
	void read_stats(const Value& value);
	void read_crashes(const Value& value);
	void read_block_list(const Value& value);
	void read_control(const Value& value);
	void check_dropping();
	void apply_options();
	void warn_of_idle_options();

	const Overrides& overrides_;
	const PluginCheck& check_;
	Sources& sources_;
	Findings& findings_;
	Config config_;
	std::optional<LoggingBlock> logging_;
	ListReader lists_;
	std::optional<Place> permitted_; // where the first list of them is
	bool files_given_ = false;              // whether there are permitted_files
	std::optional<Place> confirm_;
	bool plugins_given_ = false;
};

Config Interpreter::read(const Value& root) {
	read_keys(root);
	apply_options();
	warn_of_idle_options();
	append_shorthand(config_.plugins, plugins_given_, logging_, overrides_, check_, sources_, findings_);
	check_dropping();
	config_.lists = lists_.files();
	config_.policy = lists_.finish();
	return std::move(config_);
}

void Interpreter::check_dropping() {
	if (!config_.drop_packets && confirm_)
		findings_.error(*confirm_, "confirm: nothing is dropped that would have to be confirmed: leave it out, or "
					   "add drop_packets (--drop-packets)");
	if (config_.drop_packets && permitted_ && !lists_.holds(EntryClass::permitted))
		findings_.error(*permitted_, (files_given_ ? "permitted_cidrs and permitted_files hold no prefix"
							   : "permitted_cidrs is empty") +
						 std::string(" and packets are to be dropped: that would drop all of them"));
}

void Interpreter::read_keys(const Value& root) {
	const auto* members = root.get<Value::Object>();
	files_given_ = members && std::any_of(members->begin(), members->end(),
						  [](const Member& m) { return m.key == "permitted_files"; });
	const auto cidrs = [&](EntryClass kind) {
		return [this, kind](const Value& v) {
			if (kind == EntryClass::permitted)
				permitted_ = permitted_.value_or(v.place);
			lists_.read_cidrs(v, keys_of(kind));
		};
	};
	const auto files = [&](EntryClass kind) {
		return [this, kind](const Value& v) {
			if (kind == EntryClass::permitted)
				permitted_ = permitted_.value_or(v.place);
			lists_.read_files(v, keys_of(kind));
		};
	};
	read_object(
	    root, "",
	    {{"permitted_cidrs", cidrs(EntryClass::permitted), !files_given_},
	     {"permitted_files", files(EntryClass::permitted)},
	     {"denied_cidrs", cidrs(EntryClass::denied)},
	     {"denied_files", files(EntryClass::denied)},
	     {"never_drop", cidrs(EntryClass::never_drop)},
	     {"never_drop_files", files(EntryClass::never_drop)},
	     {"interfaces", [&](const Value& v) { config_.interfaces = read_interfaces(v, findings_); }},
	     {"drop_packets",
	      [&](const Value& v) { config_.drop_packets = read_bool(v, "drop_packets", findings_).value_or(false); }},
	     {"confirm",
	      [&](const Value& v) {
		      confirm_ = v.place;
		      config_.confirm = read_parsed(v, "confirm", parse_confirm_time, true, findings_);
	      }},
	     {"pin", [&](const Value& v) { config_.pin = read_bool(v, "pin", findings_).value_or(false); }},
	     {"block_list", [&](const Value& v) { read_block_list(v); }},
	     {"control", [&](const Value& v) { read_control(v); }},
	     {"logging", [&](const Value& v) { logging_ = read_logging(v, overrides_, findings_); }},
	     {"plugins",
	      [&](const Value& v) {
		      plugins_given_ = true;
		      config_.plugins = read_plugins(v, check_, findings_);
	      }},
	     {"ring", [&](const Value& v) { read_ring(v); }},
	     {"stats", [&](const Value& v) { read_stats(v); }},
	     {"crashes", [&](const Value& v) { read_crashes(v); }},
	     {"xdp_mode",
	      [&](const Value& v) {
		      if (auto mode = read_parsed(v, "xdp_mode", parse_xdp_mode, false, findings_))
			      config_.xdp_mode = *mode;
	      }}},
	    findings_);
}

void Interpreter::read_ring(const Value& value) {
	read_object(value, "ring",
		    {{"size",
		      [&](const Value& v) {
			      if (auto bytes = read_parsed(v, "ring.size", parse_ring_bytes, true, findings_))
				      config_.ring_bytes = *bytes;
		      }}},
		    findings_);
}

void Interpreter::read_stats(const Value& value) {
	const auto read_interval = [&](const Value& v) {
		if (auto interval = read_parsed(v, "stats.interval", parse_stats_interval, true, findings_))
			config_.stats_interval = *interval;
	};
	read_object(
	    value, "stats",
	    {{"interval", read_interval},
	     {"file", [&](const Value& v) { config_.stats_file = read_file_name(v, "stats.file", findings_); }}},
	    findings_);
}

void Interpreter::read_crashes(const Value& value) {
	read_object(
	    value, "crashes",
	    {{"directory",
	      [&](const Value& v) { config_.crash_directory = read_file_name(v, "crashes.directory", findings_); }},
	     {"keep",
	      [&](const Value& v) {
		      if (const auto* keep = v.get<std::int64_t>(); keep && *keep >= 0 && *keep <= max_crashes_kept)
			      config_.crashes_kept = static_cast<std::size_t>(*keep);
		      else
			      expect(v, "crashes.keep", "a whole number from 0 to " + std::to_string(max_crashes_kept), findings_);
	      }}},
	    findings_);
}

void Interpreter::read_block_list(const Value& value) {
	const auto read_size = [&](const Value& v) {
		if (const auto* size = v.get<std::int64_t>(); size && *size >= min_block_list && *size <= max_block_list)
			config_.block_list_size = static_cast<std::uint32_t>(*size);
		else
			expect(v, "block_list.size",
			       "a whole number from " + std::to_string(min_block_list) + " to " + std::to_string(max_block_list),
			       findings_);
	};
	read_object(value, "block_list", {{"size", read_size}}, findings_);
}

void Interpreter::read_control(const Value& value) {
	const auto read_socket = [&](const Value& v) {
		config_.control_enabled = !v.get<std::nullptr_t>();
		config_.control_socket.reset();
		if (!config_.control_enabled)
			return;
		const auto* path = v.get<std::string>();
		if (!path)
			return expect(v, "control.socket", "a string, or null for none", findings_);
		if (const auto error = socket_name_error(*path); !error.empty())
			return findings_.error(v.place, "control.socket: " + error);
		config_.control_socket = *path;
	};
	read_object(value, "control", {{"socket", read_socket}}, findings_);
}

void Interpreter::apply_options() {
	if (!overrides_.interfaces.empty())
		config_.interfaces = overrides_.interfaces;
	config_.drop_packets = config_.drop_packets || overrides_.drop_packets;
	config_.pin = config_.pin || overrides_.pin;
	config_.dry_run = overrides_.dry_run;
	config_.force = overrides_.force;
	if (overrides_.confirm) {
		config_.confirm = overrides_.confirm;
		confirm_ = Place{sources_.add_option("--confirm"), 0};
	}
	config_.xdp_mode = overrides_.xdp_mode.value_or(config_.xdp_mode);
	config_.ring_bytes = overrides_.ring_bytes.value_or(config_.ring_bytes);
	config_.stats_interval = overrides_.stats_interval.value_or(config_.stats_interval);
	if (overrides_.stats_file)
		config_.stats_file = overrides_.stats_file;
	config_.bpf_trace = overrides_.bpf_trace;
	config_.verbose = overrides_.verbose;
}

// The original took these with the console as well, and did nothing with them.
void Interpreter::warn_of_idle_options() {
	const auto format = overrides_.log_format || !logging_ ? overrides_.log_format : logging_->format;
	const bool block_wrong = logging_ && !logging_->format && !overrides_.log_format;
	if (block_wrong || format.value_or(LogFormat::console) != LogFormat::console)
		return;
	const auto warn = [&](std::string option) {
		findings_.warning({sources_.add_option(std::move(option)), 0},
				  "no effect: no log is written to a file; add --log-format jsonl, json or csv");
	};
	if (overrides_.log_file)
		warn("--log-file");
	if (overrides_.log_buffer_bytes)
		warn("--log-buffer-size");
}

std::vector<Diagnostic> by_place(std::vector<Finding> findings, const Sources& sources) {
	std::stable_sort(findings.begin(), findings.end(),
			 [](const Finding& a, const Finding& b) { return a.place < b.place; });
	std::vector<Diagnostic> result;
	result.reserve(findings.size());
	for (Finding& finding : findings)
		result.push_back(sources.diagnostic(finding.place, std::move(finding.message)));
	return result;
}

// With the '/' at its end.
std::string folder_of(const std::string& file) { return file.substr(0, file.rfind('/') + 1); }

} // namespace

ConfigResult load_config_text(std::string_view text, const std::string& name, const Overrides& overrides,
			      const PluginCheck& check) {
	Sources sources(name, text);
	Findings findings{sources, {}, {}};
	ParsedDocument document = parse_document(text, sources);
	findings.errors = std::move(document.errors);
	std::optional<Config> config;
	if (document.root) {
		for (const Setting& setting : overrides.settings)
			for (Finding& finding : apply_setting(*document.root, setting, sources))
				findings.errors.push_back(std::move(finding));
		config = Interpreter(folder_of(name), overrides, check, sources, findings).read(*document.root);
	}
	if (!findings.errors.empty())
		config.reset();
	return {std::move(config), by_place(std::move(findings.errors), sources),
		by_place(std::move(findings.warnings), sources)};
}

ConfigResult load_config(const std::string& path, const Overrides& overrides, const PluginCheck& check) {
	auto text = read_text_file(path, max_document_bytes);
	if (auto* error = std::get_if<Diagnostic>(&text))
		return {std::nullopt, {std::move(*error)}, {}};
	return load_config_text(std::get<std::string>(text), path == "-" ? "standard input" : path, overrides,
				check);
}

bool same_but_for_policy_and_plugins(const Config& a, const Config& b) {
	return a.interfaces == b.interfaces && a.pin == b.pin && a.ring_bytes == b.ring_bytes &&
	       a.stats_interval == b.stats_interval && a.stats_file == b.stats_file &&
	       a.crash_directory == b.crash_directory && a.crashes_kept == b.crashes_kept &&
	       a.block_list_size == b.block_list_size && a.control_enabled == b.control_enabled &&
	       a.control_socket == b.control_socket && a.xdp_mode == b.xdp_mode;
}

bool same_but_for_plugins(const Config& a, const Config& b) {
	return same_but_for_policy_and_plugins(a, b) && a.drop_packets == b.drop_packets && a.confirm == b.confirm &&
	       same_entries(a.policy, b.policy);
}

} // namespace tmon
