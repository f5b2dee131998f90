// SPDX-License-Identifier: MIT OR Apache-2.0
#include "host/commands/given_config.hpp"

#include "host/config/named_files.hpp"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

namespace tmon {

std::variant<GivenConfig, std::vector<Diagnostic>> read_given_config(const std::string& text, const Manifest& manifest) {
	std::string name = "--config", content = text;
	if (text.starts_with('@')) {
		name = text.substr(1);
		std::ifstream file(name, std::ios::binary);
		content.assign(std::istreambuf_iterator<char>(file), {});
		if (!file.is_open() || file.bad())
			return std::vector{Diagnostic{name, 0, 0, std::string("cannot be read: ") + std::strerror(errno)}};
	}
	const Sources sources(name, content);
	Findings findings{sources, {}, {}};
	ParsedDocument document = parse_document(content, sources);
	findings.errors = std::move(document.errors);
	GivenConfig config;
	if (document.root && findings.errors.empty()) {
		config.paths = named_files(*document.root, manifest.config ? &*manifest.config : nullptr);
		if (!document.root->get<Value::Object>())
			expect(*document.root, "config", "an object", findings);
		else if (manifest.config)
			apply_schema(*manifest.config, *document.root, "config", findings);
	}
	if (!findings.errors.empty()) {
		std::vector<Diagnostic> errors;
		for (const Finding& finding : findings.errors)
			errors.push_back(sources.diagnostic(finding.place, finding.message));
		return errors;
	}
	config.json = to_json(*document.root);
	return config;
}

} // namespace tmon
